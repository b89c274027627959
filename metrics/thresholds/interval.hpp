// What happened between two looks at a run, about a second apart. All intervals of a run, merged, are its totals.
#pragma once

#include "base/clock.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/validity.hpp"
#include "metrics/user_state.hpp"

#include <cstdint>

namespace gelombang {

struct SampledDetails;
struct UnderWay;

struct Interval {
  // Since the schedule's start. The first interval begins at 0, each later one where the previous one ended.
  Duration begin{};
  Duration end{};
  double rate_asked = 0;  // arrivals per second, the mean; 0 in closed loads
  // The next members describe the end of the interval.
  UsersByState users{};                           // by UserState
  ValidityState validity = ValidityState::valid;  // of the run so far
  double cpu_seconds = 0;                         // that this process has used so far
  // What was counted in the interval. The receiver may use it only during the call.
  const Snapshot& delta;
  // Likewise, if the run is going on and keeps details. A reader of the history gets them separately.
  const SampledDetails* details = nullptr;
  // Who is under way at the end; nothing if that was not recorded.
  const UnderWay* under_way = nullptr;
};

}  // namespace gelombang
