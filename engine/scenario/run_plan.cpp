#include "engine/scenario/run_plan.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

std::uint64_t scaled_count(std::uint64_t count, double factor) {
  constexpr double kMost = 1e15;  // beyond this, a double skips whole numbers
  return static_cast<std::uint64_t>(std::clamp(std::round(static_cast<double>(count) * factor), 1.0, kMost));
}

}  // namespace

Load scaled(const Load& load, double factor) {
  if (factor == 1) return load;
  Load result = load;
  if (load.open()) {
    result.intensity = load.intensity.scaled(factor);
    if (result.sessions) result.sessions->scale *= factor;
  } else {
    result.users = scaled_count(load.users, factor);
    if (load.kind == LoadKind::iterations) result.iterations = scaled_count(load.iterations, factor);
  }
  return result;
}

Load sped_up(const Load& load, double factor) {
  if (factor == 1) return load;
  Load result = load;
  result.intensity = load.intensity.sped_up(factor);
  for (LoadPhase& phase : result.phases) phase.start = from_seconds(to_seconds(phase.start) / factor);
  if (result.sessions) result.sessions->speed *= factor;
  return result;
}

}  // namespace gelombang
