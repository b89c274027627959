// Whether a load fits this machine and its queues of people.
#pragma once

#include "engine/scenario/preflight.hpp"
#include "runs/prepared_run.hpp"

#include <string>
#include <vector>

namespace gelombang {

// What this machine lacks for the run: problems that make it impossible, and problems that only may. A queue of people
// that will run dry makes it impossible.
struct FitReport {
  LoadNeed need;
  std::vector<std::string> impossible;
  std::vector<std::string> doubtful;
};

// Draws the arrivals only if the integral and the peak of the rate do not already rule out the load.
FitReport fit_of(const PreparedRun& run);

}  // namespace gelombang
