#include "compare/gate.hpp"

#include "base/json_writer.hpp"
#include "compare/comparison_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace gelombang {
namespace {

const ConditionResult* first(const RunComparison& comparison, ConditionState state) {
  for (const ConditionResult& result : comparison.conditions) {
    if (result.state == state) return &result;
  }
  return nullptr;
}

std::string say_of(std::string_view what, const ConditionResult& result) {
  return fmt::format("{} '{}'{}", kFailIf, printable(result.condition.what.expression), what);
}

std::string failure_text(const ConditionResult& failed) {
  if (failed.by_failures) return say_of(" applies: so many more people failed that the figure leaves them out", failed);
  return say_of(" applies: ", failed) + change_text(failed.condition.what.metric, *failed.change);
}

GateVerdict ends_as(ExitCause cause, std::string text) { return {static_cast<int>(cause), {cause, std::move(text)}}; }

std::string shortfall_text(const RunRecord& run, const GotThrough& got) {
  return fmt::format("people did not get through in run {}: {}", printable(run.id), *got.shortfall);
}

// A condition on failures has looked at those who did not get through.
bool judges_failures(const RunComparison& comparison) {
  return std::any_of(comparison.conditions.begin(), comparison.conditions.end(), [](const ConditionResult& result) {
    const ThresholdMetric metric = result.condition.what.metric;
    const bool asked = metric == ThresholdMetric::error_rate || metric == ThresholdMetric::served_rate;
    return asked && result.state == ConditionState::pass;
  });
}

// What no condition can make up for.
std::optional<GateVerdict> judge_shortfalls(const RunComparison& comparison) {
  const auto& [before, after] = std::pair(comparison.through_before, comparison.through_after);
  if (after.shortfall && (after.hardly_anybody || !before.shortfall)) {
    return ends_as(ExitCause::failed, shortfall_text(comparison.after, after));
  }
  if (before.shortfall && (before.hardly_anybody || !judges_failures(comparison))) {
    return ends_as(ExitCause::no_data, shortfall_text(comparison.before, before));
  }
  return std::nullopt;
}

}  // namespace

GateVerdict judge_gate(const RunComparison& comparison, bool fail_unclear) {
  if (comparison.conditions.empty()) return {};
  if (const auto* failed = first(comparison, ConditionState::fail)) {
    return ends_as(ExitCause::failed, failure_text(*failed));
  }
  const auto missed = judge_shortfalls(comparison);
  if (missed && missed->reason.cause == ExitCause::failed) return *missed;
  const auto* unclear = first(comparison, ConditionState::unclear);
  if (unclear != nullptr && fail_unclear) {
    return ends_as(ExitCause::failed, say_of(" is unclear, which --fail-unclear takes for a failure", *unclear));
  }
  if (missed) return *missed;
  if (const auto* none = first(comparison, ConditionState::no_data)) {
    return ends_as(ExitCause::no_data, say_of(" has too few samples for a verdict", *none));
  }
  if (unclear != nullptr) {
    return {0, {ExitCause::no_data, say_of(" is unclear: the interval holds both; longer runs tell", *unclear)}};
  }
  return {};
}

}  // namespace gelombang
