// Follows the objectives of one probe, so that the probe ends as soon as its outcome is certain. An objective is broken
// for good when more has gone wrong than it allows for the whole probe (curtailed sampling, as in acceptance
// inspection: G. B. Wetherill, D. W. Brown: Statistical Process Control, 1991, chapter 12). A failed step counts for
// error_rate, a duration above the limit for a percentile or a maximum, an arrival that was not served for served_rate.
// Other objectives are judged at the end.
#pragma once

#include "base/clock.hpp"
#include "metrics/thresholds/interval.hpp"
#include "metrics/thresholds/judge.hpp"
#include "metrics/thresholds/threshold.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::capacity {

class SloVerdict {
 public:
  // `length`: of the probe's arrivals, `warm_up` included.
  SloVerdict(std::vector<Threshold> slos, const std::shared_ptr<const MetricsLayout>& layout, Duration length,
             Duration warm_up);

  void add(const Interval& interval);
  // Why the probe need not go on; nothing while it may still hold.
  [[nodiscard]] std::optional<std::string> broken() const;

  // The metric that the curve of latency against rate shows: that of the first objective on a response or service time,
  // else response_time p95 of all steps.
  [[nodiscard]] static Threshold curve_metric(const std::vector<Threshold>& slos);
  [[nodiscard]] std::optional<Estimate> curve_mean() const { return mean(curve_data_.durations); }
  [[nodiscard]] std::optional<Estimate> curve_figure() const {
    return percentile(curve_data_.durations, curve_.quantile);
  }

 private:
  struct Followed {
    Threshold slo;
    ThresholdData data;
    std::uint64_t started = 0;  // arrivals of its journeys in `covered`
    Duration covered{};         // how much of the arrival time has been counted
  };
  [[nodiscard]] bool broken(const Followed& followed) const;
  static std::uint64_t started(const Threshold& slo, const Snapshot& delta);

  Duration length_;
  Duration warm_up_;
  std::vector<Followed> followed_;
  Threshold curve_;
  ThresholdData curve_data_;
  std::uint64_t users_exhausted_ = 0;
  Duration patience_;  // with silence
  Duration silent_{};  // the time in which no step has finished
  std::uint64_t started_in_silence_ = 0;
};

}  // namespace gelombang::capacity
