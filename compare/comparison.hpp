// Two runs of a history side by side: every figure with its change, the interval of that change, and a word for it.
// docs/compare.md says how runs are judged.
#pragma once

#include "base/result.hpp"
#include "compare/change_condition.hpp"
#include "compare/change_verdict.hpp"
#include "compare/got_through.hpp"
#include "compare/measured_run.hpp"
#include "metrics/error_class.hpp"
#include "metrics/exit_reason.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gelombang {

struct CompareSettings {
  double confidence = 0.98;  // that none of all the verdict words is chance
  MinimumEffect minimum;
  std::vector<ChangeCondition> conditions;  // not resolved yet
  bool anyway = false;                      // also compares invalid and unlike runs
};

struct ComparedFigure {
  ThresholdMetric metric = ThresholdMetric::response_time;
  std::string aggregate;         // "p95", "mean"; empty for a rate
  std::optional<Change> change;  // for a rate: of the bad share
  ChangeVerdict verdict = ChangeVerdict::too_few;
  [[nodiscard]] bool is_rate() const noexcept { return aggregate.empty(); }
};

// The change of a step's mean time and its parts: seconds per success, with the phases of all its requests summed.
struct TimeShift {
  double response = 0;  // of the mean response time; all members are after - before
  double queued = 0;    // waiting before the first request: response time without service time
  std::array<double, kPhaseCount> phases{};
};

struct ComparedGroup {
  std::string name;  // of a step or a journey; empty: the run as a whole
  std::vector<ComparedFigure> figures;
  std::optional<TimeShift> shift;  // of a step whose time is worse or better
};

struct ComparedErrors {
  ErrorClass error = ErrorClass::none;
  std::uint64_t before = 0;  // steps
  std::uint64_t after = 0;
};

struct ConditionResult {
  ChangeCondition condition;
  std::optional<Change> change;
  ConditionState state = ConditionState::no_data;
  // It fails because so many more people failed, who have no duration, that the figure says nothing of them.
  bool by_failures = false;
};

struct RunComparison {
  RunRecord before;
  RunRecord after;
  GotThrough through_before;
  GotThrough through_after;
  std::optional<Duration> stretch;  // only this much of both runs was compared; nothing: all
  std::vector<std::string> notes;   // one line each
  std::vector<std::string> unlike;  // differences that were overridden
  double confidence = 0;
  std::size_t looks = 0;  // figures that were judged
  MinimumEffect minimum;
  std::vector<ComparedGroup> groups;  // steps, then journeys, then the run
  std::vector<ComparedErrors> errors;
  std::vector<ConditionResult> conditions;

  // Worse if people got through before and not after, or if any figure is worse; else better if any is better, then
  // unclear, then alike.
  [[nodiscard]] ChangeVerdict verdict() const;
};

// Why two runs are not compared, and how the program ends.
struct CompareRefusal {
  ExitCause cause = ExitCause::configuration;
  std::string text;
};

[[noreturn]] inline void throw_exception_from_error(const CompareRefusal& refusal, const boost::source_location&) {
  throw std::runtime_error(refusal.text);
}
using CompareOutcome = boost::system::result<RunComparison, CompareRefusal>;

// `before` and `after`: as for HistoryReader::find().
CompareOutcome compare_runs(HistoryReader& history, const std::string& before, const std::string& after,
                            const CompareSettings& settings);

}  // namespace gelombang
