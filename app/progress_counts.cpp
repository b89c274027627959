#include "app/progress_counts.hpp"

namespace gelombang {

std::uint64_t count_progress(const Snapshot& totals, ProgressFigures& figures) {
  std::uint64_t steps = 0;
  std::uint64_t steps_failed = 0;
  std::uint64_t requests = 0;
  std::uint64_t calm = 0;
  for (const StepSnapshot& step : totals.steps) {
    steps += step.steps.finished();
    steps_failed += step.steps.failed();
    requests += step.requests.total();
    calm += step.people.calm_requests;
  }
  figures.error_rate = steps > 0 ? static_cast<double>(steps_failed) / static_cast<double>(steps) : 0;
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

}  // namespace gelombang
