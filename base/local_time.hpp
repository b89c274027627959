// Times of day as people read them: by the clocks of this machine, and never without the zone. What programs read is in
// UTC (iso_time).
#pragma once

#include "base/clock.hpp"

#include <ctime>
#include <string>

namespace gelombang {

// By the machine's zone.
std::tm local_parts(WallTime at);

// "2026-03-04 12:00:00 WIB".
std::string time_text(WallTime at);
// "Wed 4 Mar 2026 12:00:00 WIB (05:00:00 UTC)", for a moment that matters: UTC where that is another time, with its day
// where that is another day.
std::string full_time_text(WallTime at);

// How a line of the log begins, for spdlog: "12:00:00.123+07:00".
inline constexpr const char* kLogTime = "%H:%M:%S.%e%z";

}  // namespace gelombang
