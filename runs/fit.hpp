// Whether a load fits this machine and its queues of people.
#pragma once

#include "engine/scenario/preflight.hpp"
#include "runs/prepared_run.hpp"

#include <string>
#include <vector>

namespace gelombang {

// What this machine would lack for the run: the lines that cannot fit, or those that may not. The queues of people that
// will run dry are among the former.
struct FitReport {
  LoadNeed need;
  std::vector<std::string> impossible;
  std::vector<std::string> doubtful;
};

// Arrivals are drawn only if the integral and the peak of the rate do not rule the load out already.
FitReport fit_of(const PreparedRun& run);

}  // namespace gelombang
