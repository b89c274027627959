#include "compare/bootstrap.hpp"

#include "base/random.hpp"
#include "metrics/bucket_index.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/random/beta_distribution.hpp>
#include <boost/random/binomial_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace gelombang {
namespace {

using Cells = std::span<const DurationSeries::Cell>;

// The generator for Boost's distributions. Unlike the standard's, these are the same everywhere.
class Bits {
 public:
  using result_type = std::uint64_t;
  explicit Bits(RandomStream& stream) : stream_(stream) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return stream_.next(); }

 private:
  RandomStream& stream_;
};

// The value at a share of the way through a bucket.
double within(std::size_t bucket, double share) {
  const double low = bucket_lower(bucket);
  return low * std::pow(bucket_upper(bucket) / low, std::clamp(share, 0.0, 1.0));
}

double middle(std::size_t bucket) { return (bucket_lower(bucket) + bucket_upper(bucket)) / 2; }

std::uint64_t count_of(Cells cells) {
  std::uint64_t count = 0;
  for (const auto& cell : cells) count += cell.count;
  return count;
}

bool any_censored(Cells cells) {
  return std::any_of(cells.begin(), cells.end(), [](const auto& cell) { return cell.censored() && cell.count > 0; });
}

// The value that `rank` of the samples (a real number) do not exceed.
double value_at(Cells cells, double rank) {
  double seen = 0;
  std::size_t last = 0;
  for (const auto& cell : cells) {
    const auto count = static_cast<double>(cell.count);
    if (count == 0) continue;
    if (seen + count >= rank) return within(cell.bucket(), (rank - seen) / count);
    seen += count;
    last = cell.bucket();
  }
  return bucket_upper(last);
}

// Calls step(bucket, survival before, survival after) for every bucket in which something ended, until it returns true.
template <class Step>
void walk_survival(Cells cells, Step step) {
  auto at_risk = static_cast<double>(count_of(cells));
  double survival = 1;
  for (const auto& cell : cells) {
    const auto count = static_cast<double>(cell.count);
    if (!cell.censored() && cell.count > 0) {
      const double after = count >= at_risk ? 0 : survival * (1 - count / at_risk);
      if (step(cell.bucket(), survival, after)) return;
      survival = after;
    }
    at_risk -= count;
  }
}

SeriesEstimate percentile_of(Cells cells, double quantile) {
  const double rank = quantile * static_cast<double>(count_of(cells));
  if (!any_censored(cells)) return {value_at(cells, rank), false};
  constexpr double kSlack = 1e-12;
  std::optional<double> found;
  double last_end = 0;
  walk_survival(cells, [&](std::size_t bucket, double before, double after) {
    last_end = bucket_upper(bucket);
    if (after > 1 - quantile + kSlack) return false;
    found = within(bucket, (before - (1 - quantile)) / (before - after));
    return true;
  });
  if (found) return {*found, false};
  // As if all cut durations had ended at once.
  return {std::max(last_end, value_at(cells, rank)), true};
}

SeriesEstimate mean_of(Cells cells) {
  double seconds = 0;
  double left = 1;
  std::size_t last = 0;
  walk_survival(cells, [&](std::size_t bucket, double before, double after) {
    seconds += (before - after) * middle(bucket);
    left = after;
    last = bucket;
    return false;
  });
  if (left <= 1e-12) return {seconds, false};
  // As if those beyond the last end had ended when they were cut short.
  double tail = 0;
  double count = 0;
  for (const auto& cell : cells) {
    if (!cell.censored() || cell.bucket() < last) continue;
    tail += static_cast<double>(cell.count) * middle(cell.bucket());
    count += static_cast<double>(cell.count);
  }
  return {seconds + left * (count > 0 ? tail / count : middle(last)), true};
}

// The series as running sums over its intervals, so that a block is one subtraction.
class Table {
 public:
  explicit Table(const DurationSeries& series) : total_(series.total()), intervals_(series.intervals().size()) {
    sums_.resize((intervals_ + 1) * total_.size());
    auto* row = sums_.data();
    for (const auto& interval : series.intervals()) {
      auto* next = row + total_.size();
      std::copy(row, next, next);
      std::size_t at = 0;
      for (const auto& cell : interval) {
        while (total_[at].key < cell.key) ++at;
        next[at] += cell.count;
      }
      row = next;
    }
  }

  [[nodiscard]] std::size_t intervals() const { return intervals_; }
  [[nodiscard]] Cells total() const { return total_; }
  void begin(DurationSeries::Interval& sum) const {
    sum = total_;
    for (auto& cell : sum) cell.count = 0;
  }
  // Adds intervals begin .. end - 1, which may be beyond the last one.
  void add(DurationSeries::Interval& sum, std::size_t begin, std::size_t end) const {
    const auto* from = sums_.data() + std::min(begin, intervals_) * total_.size();
    const auto* to = sums_.data() + std::min(end, intervals_) * total_.size();
    if (from == to) return;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i].count += to[i] - from[i];
  }

 private:
  DurationSeries::Interval total_;
  std::size_t intervals_;
  std::vector<std::uint64_t> sums_;
};

class ShareTable {
 public:
  explicit ShareTable(const ShareSeries& series) : sums_(1) {
    for (const auto& interval : series.intervals()) {
      sums_.push_back({sums_.back().part + interval.part, sums_.back().whole + interval.whole});
    }
  }
  [[nodiscard]] std::size_t intervals() const { return sums_.size() - 1; }
  [[nodiscard]] ShareSeries::Interval total() const { return sums_.back(); }
  void begin(ShareSeries::Interval& sum) const { sum = {}; }
  void add(ShareSeries::Interval& sum, std::size_t begin, std::size_t end) const {
    const auto& from = sums_[std::min(begin, intervals())];
    const auto& to = sums_[std::min(end, intervals())];
    sum.part += to.part - from.part;
    sum.whole += to.whole - from.whole;
  }

 private:
  std::vector<ShareSeries::Interval> sums_;
};

// Blocks of a circle of n intervals.
struct Blocks {
  explicit Blocks(std::size_t intervals)
      : n(intervals), length(static_cast<std::size_t>(std::ceil(std::cbrt(static_cast<double>(intervals)) - 1e-9))) {
    count = (n + length - 1) / length;
  }
  std::size_t n;
  std::size_t length;
  std::size_t count;

  template <class Table, class Sum>
  void draw(RandomStream& random, const Table& table, Sum& sum) const {
    table.begin(sum);
    for (std::size_t i = 0; i < count; ++i) {
      const auto begin = static_cast<std::size_t>(random.below(n));
      const std::size_t end = begin + length;
      table.add(sum, begin, std::min(end, n));
      if (end > n) table.add(sum, 0, end - n);
    }
  }
};

std::uint64_t binomial(RandomStream& random, std::uint64_t of, double share) {
  if (of == 0 || share <= 0) return 0;
  if (share >= 1) return of;
  Bits bits(random);
  const auto drawn = boost::random::binomial_distribution<std::int64_t>(static_cast<std::int64_t>(of), share)(bits);
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(drawn, 0, static_cast<std::int64_t>(of)));
}

// Draws as many samples as there are from the cells: a multinomial, cell by cell, each given the previous cells.
void draw_samples(RandomStream& random, Cells cells, DurationSeries::Interval& sum) {
  sum.assign(cells.begin(), cells.end());
  std::uint64_t samples = count_of(cells);
  auto weight = static_cast<double>(samples);
  for (auto& cell : sum) {
    const auto share = static_cast<double>(cell.count) / weight;
    weight -= static_cast<double>(cell.count);
    cell.count = binomial(random, samples, share);
    samples -= cell.count;
  }
}

SeriesEstimate estimate_of(Cells cells, const DurationFigure& figure) {
  return figure.kind == DurationFigure::Kind::mean ? mean_of(cells) : percentile_of(cells, figure.quantile);
}

// The figure of as many samples as there are, drawn from the cells.
double draw_figure(RandomStream& random, Cells cells, const DurationFigure& figure, DurationSeries::Interval& scratch) {
  if (figure.kind == DurationFigure::Kind::percentile && !any_censored(cells)) {
    // The rank r of n draws is where the r-th smallest of n uniform numbers falls: Beta(r, n + 1 - r). One number
    // instead of a multinomial, and the same distribution.
    const auto n = static_cast<double>(count_of(cells));
    const double rank = std::clamp(std::ceil(figure.quantile * n - 1e-9), 1.0, n);
    Bits bits(random);
    return value_at(cells, n * boost::random::beta_distribution<double>(rank, n + 1 - rank)(bits));
  }
  draw_samples(random, cells, scratch);
  return estimate_of(scratch, figure).seconds;
}

// The factor by which few blocks and many looks widen an interval, compared with normal deviates.
double widening(const Resampling& resampling, std::size_t blocks) {
  const double tail = (1 - resampling.confidence) / 2;
  const double shared = tail / static_cast<double>(std::max<std::size_t>(resampling.looks, 1));
  const auto deviate = [](const auto& distribution, double beyond) {
    return boost::math::quantile(boost::math::complement(distribution, beyond));
  };
  const double normal = deviate(boost::math::normal(), tail);
  if (blocks < 2) return deviate(boost::math::normal(), shared) / normal;
  const auto n = static_cast<double>(blocks);
  return std::sqrt(n / (n - 1)) * deviate(boost::math::students_t(n - 1), shared) / normal;
}

// The ends of the interval around `estimate`.
void bound(std::vector<double>& drawn, double estimate, double confidence, double factor, double& low, double& high) {
  std::sort(drawn.begin(), drawn.end());
  const double tail = (1 - confidence) / 2;
  const auto at = [&drawn](double share) {
    const double position = share * static_cast<double>(drawn.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, drawn.size() - 1);
    const double part = position - static_cast<double>(below);
    return drawn[below] * (1 - part) + drawn[above] * part;
  };
  low = estimate + factor * (at(tail) - estimate);
  high = estimate + factor * (at(1 - tail) - estimate);
}

// The two streams of a resample: equal if both runs draw the same blocks.
struct Streams {
  Streams(const Resampling& resampling, std::size_t resample, bool shared)
      : before(resampling.seed, RandomPurpose::resample, 2 * resample),
        after(resampling.seed, RandomPurpose::resample, 2 * resample + (shared ? 0 : 1)) {}
  RandomStream before;
  RandomStream after;
};

struct IntervalCounts {
  std::size_t before = 0;
  std::size_t after = 0;
};

// Fills in the intervals and the blocks of `changes`, which have estimates already; false if no resample gave figures.
// `one_by_one` and `in_blocks` write a figure for each change and return whether there were any.
template <class OneByOne, class InBlocks>
bool resample(const IntervalCounts& intervals, const Resampling& resampling, OneByOne one_by_one, InBlocks in_blocks,
              std::span<Change> changes) {
  const std::size_t shorter = std::min(intervals.before, intervals.after);
  const bool blocks = shorter >= std::max<std::size_t>(resampling.fewest_intervals, 2);
  // A circle as long as the longer run; the rest of the shorter run is empty.
  const std::size_t longer = std::max(intervals.before, intervals.after);
  const Blocks of_before(resampling.same_schedule ? longer : intervals.before);
  const Blocks of_after(resampling.same_schedule ? longer : intervals.after);
  std::vector<std::vector<double>> drawn(changes.size());
  std::vector<double> figures(changes.size());
  for (std::size_t i = 0; i < resampling.resamples; ++i) {
    Streams streams(resampling, i, blocks && resampling.same_schedule);
    // Blocks in which one of the runs measured nothing give no figures.
    if (!(blocks ? in_blocks(streams, of_before, of_after, figures) : one_by_one(streams, figures))) continue;
    for (std::size_t f = 0; f < figures.size(); ++f) drawn[f].push_back(figures[f]);
  }
  for (std::size_t f = 0; f < changes.size(); ++f) {
    Change& change = changes[f];
    if (drawn[f].empty()) return false;
    change.blocks = blocks ? Blocks(shorter).count : 0;
    const std::size_t units = blocks ? change.blocks : std::min(change.samples_before, change.samples_after);
    bound(drawn[f], change.estimate, resampling.confidence, widening(resampling, units), change.low, change.high);
  }
  return true;
}

}  // namespace

std::optional<SeriesEstimate> figure_of(Cells cells, const DurationFigure& figure) {
  if (count_of(cells) == 0) return std::nullopt;
  return estimate_of(cells, figure);
}

std::vector<std::optional<Change>> changes_of(const DurationSeries& before, const DurationSeries& after,
                                              std::span<const DurationFigure> figures, const Resampling& resampling) {
  const Table a(before);
  const Table b(after);
  const std::uint64_t samples_before = count_of(a.total());
  const std::uint64_t samples_after = count_of(b.total());
  std::vector<std::optional<Change>> out(figures.size());
  if (samples_before == 0 || samples_after == 0) return out;
  std::vector<Change> changes;
  for (const DurationFigure& figure : figures) {
    const SeriesEstimate from = estimate_of(a.total(), figure);
    const SeriesEstimate to = estimate_of(b.total(), figure);
    Change change;
    change.before = from.seconds;
    change.after = to.seconds;
    change.before_at_least = from.lower_bound;
    change.after_at_least = to.lower_bound;
    change.samples_before = samples_before;
    change.samples_after = samples_after;
    // The logarithm of the ratio: double and half are equally far from no change.
    change.estimate = std::log(to.seconds / from.seconds);
    changes.push_back(change);
  }
  DurationSeries::Interval sum_a;
  DurationSeries::Interval sum_b;
  const auto one_by_one = [&](Streams& streams, std::vector<double>& ratios) {
    for (std::size_t f = 0; f < figures.size(); ++f) {
      const double x = draw_figure(streams.before, a.total(), figures[f], sum_a);
      ratios[f] = std::log(draw_figure(streams.after, b.total(), figures[f], sum_b) / x);
    }
    return true;
  };
  const auto in_blocks = [&](Streams& streams, const Blocks& of_a, const Blocks& of_b, std::vector<double>& ratios) {
    of_a.draw(streams.before, a, sum_a);
    of_b.draw(streams.after, b, sum_b);
    if (count_of(sum_a) == 0 || count_of(sum_b) == 0) return false;
    for (std::size_t f = 0; f < figures.size(); ++f) {
      ratios[f] = std::log(estimate_of(sum_b, figures[f]).seconds / estimate_of(sum_a, figures[f]).seconds);
    }
    return true;
  };
  if (!resample({a.intervals(), b.intervals()}, resampling, one_by_one, in_blocks, changes)) return out;
  for (std::size_t f = 0; f < changes.size(); ++f) {
    Change& change = changes[f];
    change.estimate = std::expm1(change.estimate);
    change.low = std::expm1(change.low);
    change.high = std::expm1(change.high);
    out[f] = change;
  }
  return out;
}

std::optional<Change> change_of(const DurationSeries& before, const DurationSeries& after, const DurationFigure& figure,
                                const Resampling& resampling) {
  return changes_of(before, after, {&figure, 1}, resampling).front();
}

std::optional<Change> change_of(const ShareSeries& before, const ShareSeries& after, const Resampling& resampling) {
  const ShareTable a(before);
  const ShareTable b(after);
  const auto share = [](const ShareSeries::Interval& s) {
    return static_cast<double>(s.part) / static_cast<double>(s.whole);
  };
  Change change;
  change.samples_before = a.total().whole;
  change.samples_after = b.total().whole;
  if (change.samples_before == 0 || change.samples_after == 0) return std::nullopt;
  change.before = share(a.total());
  change.after = share(b.total());
  change.estimate = change.after - change.before;
  const auto redraw = [&share](RandomStream& random, const ShareSeries::Interval& all) {
    return share({binomial(random, all.whole, share(all)), all.whole});
  };
  const auto one_by_one = [&](Streams& streams, std::vector<double>& out) {
    const double x = redraw(streams.before, a.total());
    out[0] = redraw(streams.after, b.total()) - x;
    return true;
  };
  const auto in_blocks = [&](Streams& streams, const Blocks& of_a, const Blocks& of_b, std::vector<double>& out) {
    ShareSeries::Interval sum_a;
    ShareSeries::Interval sum_b;
    of_a.draw(streams.before, a, sum_a);
    of_b.draw(streams.after, b, sum_b);
    if (sum_a.whole == 0 || sum_b.whole == 0) return false;
    out[0] = share(sum_b) - share(sum_a);
    return true;
  };
  if (!resample({a.intervals(), b.intervals()}, resampling, one_by_one, in_blocks, {&change, 1})) return std::nullopt;
  return change;
}

}  // namespace gelombang
