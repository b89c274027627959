// Load shapes that are more than a list of stages: each becomes the pieces of an Intensity. docs/loads.md gives the
// sources of a wave's numbers.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "engine/load/intensity.hpp"

#include <array>
#include <vector>

namespace gelombang {

// People who have the same local time.
struct TimeZone {
  Duration utc_offset{};
  double share = 1;  // relative to the other zones
};

// How busy the hours of a day are. Within an hour of a zone the rate does not change.
struct DayCurve {
  std::array<double, 24> weights{};  // by local hour, relative; not all 0
  std::vector<TimeZone> zones{{}};
  Duration start{};  // the time of day, in the first zone, at which the load begins
};

// `mean` is the mean rate of a whole day.
Intensity diurnal(Rate mean, Duration length, const DayCurve& day);

// An opening that everybody has waited for: a rush in the first minutes, a crowd that halves every
// `half_life`, the ordinary day under both, a bump before the closing and one at the result.
struct WaveOpening {
  double arrivals = 0;      // within the window
  Duration window{};        // from opening to closing
  double first_hour = 0;    // the share of the arrivals that comes in the first hour
  double first_minute = 0;  // the first minute's mean rate, divided by the first hour's
  Duration half_life{};
  DayCurve day;
  double closing_share = 0;  // of the arrivals, above the ordinary day; rises in a straight line up to the closing
  Duration closing_lasts{};
  double result_share = 0;  // on top of the arrivals, after the window
  Duration result_after{};  // from the closing to the result
  Duration result_half_life{};
};
// The integral over the window, over the first hour and over the first minute are exactly as requested. An Error if no
// such curve exists.
Result<Intensity> wave_opening(const WaveOpening& wave);

}  // namespace gelombang
