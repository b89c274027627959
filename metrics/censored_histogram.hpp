// Durations, some of them cut short: by the end of the run, or by a person who left. A cut duration is known only as
// "at least this long". Leaving cut durations out would flatter the target, and so would counting them as finished. So
// percentiles are those of the Kaplan-Meier estimate of both kinds.
// E. L. Kaplan, P. Meier: Nonparametric Estimation from Incomplete Observations, JASA 53 (1958).
#pragma once

#include "metrics/histogram.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace gelombang {

// A duration that never ends is censored at this value, which is longer than any duration that ended.
inline constexpr Duration kNever = std::chrono::hours(24) * 3650;

// A figure of which perhaps only a lower bound is known.
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

// The smallest duration that a share of `quantile` does not exceed. If the estimate never reaches that share (the rank
// lies beyond the last observed end), the result is the largest lower bound that holds: the value of the rank if all
// cut durations had ended at once, but not below the last observed end. The result grows with `quantile` and never
// exceeds maximum(). Nothing if nothing was recorded. Without censored values: Histogram::percentile.
std::optional<Estimate> percentile(const CensoredHistogram& both, double quantile);
// The area under the survival curve of the estimate. If the curve does not reach 0, the result is a lower bound: the
// durations beyond its end count as if they had ended when they were cut short, or kNever if one never ends. Without
// censored values: the exact mean.
std::optional<Estimate> mean(const CensoredHistogram& both);
// The shortest duration that ended; a lower bound if none ended.
std::optional<Estimate> minimum(const CensoredHistogram& both);
// A lower bound if the longest duration is censored.
std::optional<Estimate> maximum(const CensoredHistogram& both);

}  // namespace gelombang
