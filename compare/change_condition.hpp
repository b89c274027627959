// A condition on the change between two runs, as the user writes it:
//
//   [journey/]step | journey | all : METRIC LIMIT
//
//   METRIC  (response_time | service_time | phase NAME | mail_delivery | person_time) (p50 .. p999 | mean)
//           error_rate | served_rate
//   LIMIT   +10%, or a duration such as +50ms; for error_rate percentage points, +0.5%; for served_rate -0.5%
//
// The condition fails if the change is surely for the worse and the estimate has reached the limit.
#pragma once

#include "base/result.hpp"
#include "compare/bootstrap.hpp"
#include "metrics/thresholds/threshold.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

struct ChangeCondition {
  Threshold what;         // without comparison and limit
  DurationFigure figure;  // of a duration
  bool absolute = false;  // seconds instead of a share of the duration before
  double limit = 0;       // above 0, towards the worse: a share, seconds, or for a rate percentage points / 100
};

// Syntax alone: resolve(condition.what, catalog, kFailIf) finds the step.
inline constexpr std::string_view kFailIf = "--fail-if";
Result<ChangeCondition> parse_change_condition(std::string_view text);

// unclear: the interval contains both a change that reaches the limit and a change that does not.
enum class ConditionState : std::uint8_t { pass, fail, unclear, no_data };
inline constexpr std::array<std::string_view, 4> kConditionStateNames{"pass", "fail", "unclear", "no data"};

// For a rate, `change` is the change of the bad share: failures, or what was not served.
ConditionState judge_condition(const ChangeCondition& condition, const Change& change);

}  // namespace gelombang
