// The parts of a comparison in words, for the output formats.
#pragma once

#include "compare/comparison.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// "response p95", "errors", "served".
std::string figure_name(const ComparedFigure& figure);
// "response_time": as thresholds write it.
std::string_view metric_name(ThresholdMetric metric);

// A figure of one run: "43.1 ms", ">= 12.0 s", "1.20 %".
std::string before_text(ThresholdMetric metric, const Change& change);
std::string after_text(ThresholdMetric metric, const Change& change);
// "+12.3 %", or of a rate "+0.50 pt".
std::string change_text(ThresholdMetric metric, const Change& change);
std::string interval_text(ThresholdMetric metric, const Change& change);
std::string_view verdict_text(ChangeVerdict verdict);

// "WORSE: registration/log in response p95 +45 %, and 2 more of 25 figures".
std::string headline(const RunComparison& comparison);
// "mean response +33.1 ms: wait +28.8 ms, queued +4.2 ms": the parts of the change, greatest part first.
std::string shift_text(const TimeShift& shift);
// Two lines: the state and the condition, and the figures that it was judged on.
std::string condition_text(const ConditionResult& result);

}  // namespace gelombang
