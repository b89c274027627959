// How much two runs differ in a figure, and how much of that may be chance: an interval by bootstrap on the runs'
// histograms. Pure and seeded. docs/compare.md explains the choices.
//
// Samples of one second resemble each other. So blocks of neighbouring intervals are drawn with replacement, wrapped
// round at the end (D. N. Politis, J. P. Romano: A circular block-resampling procedure, 1992), n^(1/3) intervals long
// (P. Hall, J. L. Horowitz, B.-Y. Jing: On blocking rules for the bootstrap, Biometrika 82, 1995). Both runs draw the
// same blocks: they played the same schedule, and the effect of a moment of it is no difference between them. If there
// are too few intervals for blocks, samples are drawn one by one. That is overconfident if samples depend on each
// other; Change::blocks tells it.
//
// Of many figures, one always looks extreme. So every interval is widened for their number: by the quantile for
// Bonferroni's share of the doubt, because a thousand resamples do not reach that far.
//
// The interval consists of percentiles of the resampled changes. For few blocks it is widened around the estimate, as
// in T. Hesterberg: What Teachers Should Know about the Bootstrap, The American Statistician 69, 2015, section 4.
#pragma once

#include "compare/interval_series.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gelombang {

struct Resampling {
  double confidence = 0.99;      // (0, 1): that all of `looks` intervals contain the truth
  std::size_t looks = 1;         // number of figures: each interval is widened for it (Bonferroni)
  std::size_t resamples = 1000;  // at least 100
  std::uint64_t seed = 1;
  std::size_t fewest_intervals = 20;  // with fewer, samples are drawn instead of blocks
  bool same_schedule = true;          // false: each run draws blocks of its own
};

// A figure of a distribution.
struct DurationFigure {
  enum class Kind : std::uint8_t { percentile, mean };
  Kind kind = Kind::percentile;
  double quantile = 0.5;  // (0, 1), of a percentile
};

// Percentiles are interpolated within a bucket, as if its values were spread evenly over its logarithm: without this, a
// figure would move in steps of 2.2 %. With cut-short values: of the Kaplan-Meier estimate.
struct SeriesEstimate {
  double seconds = 0;
  bool lower_bound = false;  // the truth is this or more
};
std::optional<SeriesEstimate> figure_of(std::span<const DurationSeries::Cell> cells, const DurationFigure& figure);

struct Change {
  double before = 0;  // seconds, or a share
  double after = 0;
  bool before_at_least = false;  // only a lower bound is known
  bool after_at_least = false;
  // after / before - 1 for a duration, after - before for a share. The interval contains the truth with the confidence.
  double estimate = 0;
  double low = 0;
  double high = 0;
  std::uint64_t samples_before = 0;
  std::uint64_t samples_after = 0;
  std::size_t blocks = 0;  // of intervals, in the shorter run; 0: samples were drawn one by one
};

// Nothing if one of the runs has no samples.
std::optional<Change> change_of(const DurationSeries& before, const DurationSeries& after, const DurationFigure& figure,
                                const Resampling& resampling);
// Several figures from the same resamples: this is quicker.
std::vector<std::optional<Change>> changes_of(const DurationSeries& before, const DurationSeries& after,
                                              std::span<const DurationFigure> figures, const Resampling& resampling);
std::optional<Change> change_of(const ShareSeries& before, const ShareSeries& after, const Resampling& resampling);

}  // namespace gelombang
