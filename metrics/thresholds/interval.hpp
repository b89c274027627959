// What happened between two looks at a run, about a second. All the intervals of a run, merged, are its totals.
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
  // Since the schedule's start. The first interval begins at 0, and each one where the last one ended.
  Duration begin{};
  Duration end{};
  double rate_asked = 0;  // arrivals per second, the mean; 0 in closed loads
  // What follows is as of the end.
  UsersByState users{};                           // by UserState
  ValidityState validity = ValidityState::valid;  // of the run so far
  double cpu_seconds = 0;                         // that this process has used so far
  // What was counted in between. It is the reader's for the time of a call only.
  const Snapshot& delta;
  // Likewise, of a run that is going on and keeps them; a reader of the history has them apart.
  const SampledDetails* details = nullptr;
  // Who is under way at the end; nothing where that was not recorded.
  const UnderWay* under_way = nullptr;
};

}  // namespace gelombang
