// Durations of which some were cut short: by the end of the run, or by a person who left. Such a one is
// known only to be "at least this long". Leaving it out would flatter the target, counting it as finished
// too, so percentiles are those of the Kaplan-Meier estimate of both.
// E. L. Kaplan, P. Meier: Nonparametric Estimation from Incomplete Observations, JASA 53 (1958).
#pragma once

#include "metrics/histogram.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace gelombang {

// What never ended, and never will, is censored at this: longer than anything that did end.
inline constexpr Duration kNever = std::chrono::hours(24) * 3650;

// A figure that may be known only from below.
struct Estimate {
  Duration value{};
  bool lower_bound = false;  // the truth is `value` or more
  friend bool operator==(const Estimate&, const Estimate&) = default;
};

struct CensoredHistogram {
  explicit CensoredHistogram(const std::shared_ptr<const LatencyBoundaries>& boundaries)
      : observed(boundaries), censored(boundaries) {}

  CensoredHistogram(Histogram ended, Histogram cut_short)
      : observed(std::move(ended)), censored(std::move(cut_short)) {}

  void merge(const CensoredHistogram& other) {
    observed.merge(other.observed);
    censored.merge(other.censored);
  }
  void clear() noexcept {
    observed.clear();
    censored.clear();
  }

  Histogram observed;  // ended
  Histogram censored;  // cut short after this long
};

// The smallest duration that a share of `quantile` does not exceed. Where the estimate never gets there (the
// rank lies beyond the last observed end), the largest lower bound that holds: the rank's value if all that
// was cut short had ended at once, but not below the last observed end. Grows with `quantile`, never
// exceeds maximum(). Nothing where nothing was recorded. Without censored values: Histogram::percentile.
std::optional<Estimate> percentile(const CensoredHistogram& both, double quantile);
// The area under the estimate's survival curve, up to the longest duration known; a lower bound where that
// one was cut short. Without censored values: the exact mean.
std::optional<Estimate> mean(const CensoredHistogram& both);
// The shortest that ended; a lower bound where none did.
std::optional<Estimate> minimum(const CensoredHistogram& both);
// A lower bound where a censored duration is the longest.
std::optional<Estimate> maximum(const CensoredHistogram& both);

}  // namespace gelombang
