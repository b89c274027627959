// How far two runs differ in a figure, and how much of that may be chance: an interval by bootstrap on the runs'
// histograms. Pure and seeded. docs/compare.md explains the choices.
//
// Samples of one second resemble each other, so what is drawn with replacement are blocks of neighbouring intervals,
// wrapped round at the end (D. N. Politis, J. P. Romano: A circular block-resampling procedure, 1992), n^(1/3)
// intervals long (P. Hall, J. L. Horowitz, B.-Y. Jing: On blocking rules for the bootstrap, Biometrika 82, 1995). Both
// runs draw the same blocks: they played the same schedule, and what belongs to a moment of it is no difference between
// them. Where there are too few intervals for that, samples are drawn one by one, which is too sure of itself where
// they depend on each other; Change::blocks says so.
//
// Of many figures one is always the strangest, so every interval is widened for their number: by the quantile that
// Bonferroni's share of the doubt asks for, for a thousand resamples do not reach that far.
//
// The interval is made of percentiles of the resampled changes, widened around the estimate for few blocks as by
// T. Hesterberg: What Teachers Should Know about the Bootstrap, The American Statistician 69, 2015, section 4.
#pragma once

#include "compare/interval_series.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gelombang {

struct Resampling {
  double confidence = 0.99;      // (0, 1), that all of `looks` intervals hold the truth
  std::size_t looks = 1;         // figures that are looked at: each interval is widened for them (Bonferroni)
  std::size_t resamples = 1000;  // at least 100
  std::uint64_t seed = 1;
  std::size_t fewest_intervals = 20;  // fewer: samples are drawn instead of blocks
  bool same_schedule = true;          // false: each run draws blocks of its own
};

// What is looked at in a distribution.
struct DurationFigure {
  enum class Kind : std::uint8_t { percentile, mean };
  Kind kind = Kind::percentile;
  double quantile = 0.5;  // (0, 1), of a percentile
};

// Percentiles are interpolated within a bucket, as if its values were spread evenly over its logarithm: a figure that
// only knew buckets would move in steps of 2.2 %. With cut-short values: of the Kaplan-Meier estimate.
struct SeriesEstimate {
  double seconds = 0;
  bool lower_bound = false;  // the truth is this or more
};
std::optional<SeriesEstimate> figure_of(std::span<const DurationSeries::Cell> cells, const DurationFigure& figure);

struct Change {
  double before = 0;  // seconds, or a share
  double after = 0;
  bool before_at_least = false;  // known from below only
  bool after_at_least = false;
  // after / before - 1 of a duration, after - before of a share; the interval holds the truth with the confidence.
  double estimate = 0;
  double low = 0;
  double high = 0;
  std::uint64_t samples_before = 0;
  std::uint64_t samples_after = 0;
  std::size_t blocks = 0;  // of intervals, in the shorter run; 0: samples were drawn one by one
};

// Nothing where one of them has no samples.
std::optional<Change> change_of(const DurationSeries& before, const DurationSeries& after, const DurationFigure& figure,
                                const Resampling& resampling);
// Of several figures from the same resamples, which is quicker.
std::vector<std::optional<Change>> changes_of(const DurationSeries& before, const DurationSeries& after,
                                              std::span<const DurationFigure> figures, const Resampling& resampling);
std::optional<Change> change_of(const ShareSeries& before, const ShareSeries& after, const Resampling& resampling);

}  // namespace gelombang
