#include "compare/interval_series.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

void append(DurationSeries::Interval& interval, std::uint32_t key, std::uint64_t count) {
  if (count > 0) interval.push_back({key, count});
}

void merge(DurationSeries::Interval& to, const DurationSeries::Interval& from) {
  DurationSeries::Interval sum;
  sum.reserve(to.size() + from.size());
  auto a = to.begin();
  auto b = from.begin();
  while (a != to.end() || b != from.end()) {
    if (b == from.end() || (a != to.end() && a->key < b->key)) {
      sum.push_back(*a++);
    } else if (a == to.end() || b->key < a->key) {
      sum.push_back(*b++);
    } else {
      sum.push_back({a->key, a->count + b->count});
      ++a, ++b;
    }
  }
  to = std::move(sum);
}

void merge(ShareSeries::Interval& to, const ShareSeries::Interval& from) {
  to.part += from.part;
  to.whole += from.whole;
}

// Adds a look. If there are too many intervals, from then on an interval contains twice as many looks.
template <class Interval>
void add_look(std::vector<Interval>& intervals, std::size_t& joined, std::size_t& pending, Interval look) {
  if (!intervals.empty() && pending < joined) {
    merge(intervals.back(), look);
    ++pending;
    return;
  }
  if (intervals.size() == kMostIntervals) {
    for (std::size_t i = 0; i < kMostIntervals / 2; ++i) {
      Interval pair = std::move(intervals[2 * i]);
      merge(pair, intervals[2 * i + 1]);
      intervals[i] = std::move(pair);
    }
    intervals.resize(kMostIntervals / 2);
    joined *= 2;
  }
  intervals.push_back(std::move(look));
  pending = 1;
}

template <class Interval>
Interval sum_of(const std::vector<Interval>& intervals) {
  Interval sum{};
  for (const Interval& interval : intervals) merge(sum, interval);
  return sum;
}

}  // namespace

void DurationSeries::add(const CensoredHistogram& look) {
  Interval interval;
  const auto& ended = look.observed;
  const auto& cut = look.censored;
  const auto end_of = [](const Histogram& h) { return h.first_bucket() + h.buckets().size(); };
  std::size_t begin = kBucketCount;
  std::size_t end = 0;
  for (const Histogram* h : {&ended, &cut}) {
    if (h->empty()) continue;
    begin = std::min(begin, h->first_bucket());
    end = std::max(end, end_of(*h));
  }
  for (std::size_t bucket = begin; bucket < end; ++bucket) {
    append(interval, Cell::key_of(bucket, false), ended.bucket(bucket));
    append(interval, Cell::key_of(bucket, true), cut.bucket(bucket));
  }
  add_look(intervals_, joined_, pending_, std::move(interval));
}

DurationSeries::Interval DurationSeries::total() const { return sum_of(intervals_); }

void ShareSeries::add(std::uint64_t part, std::uint64_t whole) {
  add_look(intervals_, joined_, pending_, Interval{part, whole});
}

ShareSeries::Interval ShareSeries::total() const noexcept { return sum_of(intervals_); }

}  // namespace gelombang
