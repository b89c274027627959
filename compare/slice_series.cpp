#include "compare/slice_series.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

void append(DurationSeries::Slice& slice, std::uint32_t key, std::uint64_t count) {
  if (count > 0) slice.push_back({key, count});
}

void merge(DurationSeries::Slice& to, const DurationSeries::Slice& from) {
  DurationSeries::Slice sum;
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

void merge(ShareSeries::Slice& to, const ShareSeries::Slice& from) {
  to.part += from.part;
  to.whole += from.whole;
}

// Adds a look; where there are too many slices, twice as many looks make one from then on.
template <class Slice>
void add_look(std::vector<Slice>& slices, std::size_t& joined, std::size_t& pending, Slice look) {
  if (!slices.empty() && pending < joined) {
    merge(slices.back(), look);
    ++pending;
    return;
  }
  if (slices.size() == kMostSlices) {
    for (std::size_t i = 0; i < kMostSlices / 2; ++i) {
      Slice pair = std::move(slices[2 * i]);
      merge(pair, slices[2 * i + 1]);
      slices[i] = std::move(pair);
    }
    slices.resize(kMostSlices / 2);
    joined *= 2;
  }
  slices.push_back(std::move(look));
  pending = 1;
}

template <class Slice>
Slice sum_of(const std::vector<Slice>& slices) {
  Slice sum{};
  for (const Slice& slice : slices) merge(sum, slice);
  return sum;
}

}  // namespace

void DurationSeries::add(const CensoredHistogram& look) {
  Slice slice;
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
    append(slice, Cell::key_of(bucket, false), ended.bucket(bucket));
    append(slice, Cell::key_of(bucket, true), cut.bucket(bucket));
  }
  add_look(slices_, joined_, pending_, std::move(slice));
}

DurationSeries::Slice DurationSeries::total() const { return sum_of(slices_); }

void ShareSeries::add(std::uint64_t part, std::uint64_t whole) {
  add_look(slices_, joined_, pending_, Slice{part, whole});
}

ShareSeries::Slice ShareSeries::total() const noexcept { return sum_of(slices_); }

}  // namespace gelombang
