#include "runs/progress_counts.hpp"

#include <fmt/format.h>

namespace gelombang {

std::uint64_t count_progress(const Snapshot& totals, std::uint64_t overdue, ProgressFigures& figures) {
  std::uint64_t steps = overdue;
  std::uint64_t steps_failed = overdue;
  std::uint64_t requests = 0;
  std::uint64_t calm = 0;
  for (const StepSnapshot& step : totals.steps) {
    steps += step.steps.finished();
    steps_failed += step.steps.failed();
    requests += step.requests.total();
    calm += step.people.calm_requests;
  }
  figures.overdue = overdue;
  figures.error_rate.reset();
  if (steps > 0) figures.error_rate = static_cast<double>(steps_failed) / static_cast<double>(steps);
  if (calm > 0) figures.amplification = static_cast<double>(requests) / static_cast<double>(calm);
  for (const JourneySnapshot& journey : totals.journeys) {
    figures.lost += journey.people[PersonFate::lost];
    figures.started += journey.started;
    figures.completed += journey[Outcome::success];
    figures.failed += journey[Outcome::failure] + journey[Outcome::abandoned];
    figures.dropped += journey.total_dropped();
  }
  return requests;
}

std::vector<std::string> progress_warnings(const Snapshot& totals, const Validity& validity,
                                           const std::string& mailbox_fault) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> lines;
  if (totals.script_errors.count > 0) lines.push_back(fmt::format("{} script errors", totals.script_errors.count));
  const std::size_t mailbox_place = lines.size() + (validity.state == ValidityState::invalid ? 1 : 0);
  lines.insert(lines.end(), validity.reasons.begin(), validity.reasons.end());
  if (!mailbox_fault.empty()) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(mailbox_place), "mailbox: " + mailbox_fault);
  }
  if (lines.size() > kMost) {
    const std::size_t more = lines.size() - kMost + 1;
    lines.resize(kMost - 1);
    lines.push_back(fmt::format("and {} more", more));
  }
  return lines;
}

}  // namespace gelombang
