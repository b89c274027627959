// Two runs of a history side by side: every figure with its change, the interval of that change, and a word for it.
// docs/compare.md says how they are judged.
#pragma once

#include "base/result.hpp"
#include "compare/change_condition.hpp"
#include "compare/change_verdict.hpp"
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
  double confidence = 0.98;  // that no verdict word is chance, all of them taken together
  MinimumEffect minimum;
  std::vector<ChangeCondition> conditions;  // not resolved yet
  bool anyway = false;                      // compares invalid and unlike runs, too
};

struct ComparedFigure {
  ThresholdMetric metric = ThresholdMetric::response_time;
  std::string aggregate;         // "p95", "mean"; empty for a rate
  std::optional<Change> change;  // of a rate: of the share that is bad
  ChangeVerdict verdict = ChangeVerdict::too_few;
  [[nodiscard]] bool is_rate() const noexcept { return aggregate.empty(); }
};

// Where a step's mean time went: seconds for each success, the phases of all its requests summed.
struct TimeShift {
  double response = 0;  // of the mean; the parts are after - before
  double queued = 0;    // before its first request was sent: response time without service time
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
};

struct RunComparison {
  RunRecord before;
  RunRecord after;
  std::optional<Duration> stretch;  // only so much of both was compared; nothing: all of them
  std::vector<std::string> notes;   // one line each
  std::vector<std::string> unlike;  // that were overridden
  double confidence = 0;
  std::size_t looks = 0;  // figures that were judged
  MinimumEffect minimum;
  std::vector<ComparedGroup> groups;  // steps, then journeys, then the run
  std::vector<ComparedErrors> errors;
  std::vector<ConditionResult> conditions;

  // Worse where any figure is, then better, then unclear, then alike.
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

// `before` and `after` as HistoryReader::find() takes them.
CompareOutcome compare_runs(HistoryReader& history, const std::string& before, const std::string& after,
                            const CompareSettings& settings);

}  // namespace gelombang
