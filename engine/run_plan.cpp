#include "engine/run_plan.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

std::uint64_t scaled_count(std::uint64_t count, double factor) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(static_cast<double>(count) * factor)));
}

}  // namespace

Load scaled(const Load& load, double factor) {
  if (factor == 1) return load;
  Load result = load;
  if (load.open()) {
    result.intensity = load.intensity.scaled(factor);
  } else {
    result.users = scaled_count(load.users, factor);
    if (load.kind == LoadKind::iterations) result.iterations = scaled_count(load.iterations, factor);
  }
  return result;
}

}  // namespace gelombang
