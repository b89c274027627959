// Time zones, by the zone database of this machine: GCC 12 has none.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace gelombang::uptime {

// A zone such as "Asia/Jakarta". It lives as long as the process.
Result<const date::time_zone*> find_zone(std::string_view name);
// The zone of this machine.
Result<const date::time_zone*> local_zone();
std::string zone_name(const date::time_zone& zone);

// When a zone's wall shows a time, which is counted from the local epoch. A time that does not exist (the clocks were
// put forward over it) stands for the moment of that change. Of a time that exists twice this is the first.
WallTime wall_time(const date::time_zone& zone, Duration since_local_epoch);

// "00:01"
std::optional<Duration> parse_time_of_day(std::string_view text) noexcept;
// "2026-12-04T12:00" in the zone, from 1970 to 2200.
std::optional<WallTime> parse_local_time(std::string_view text, const date::time_zone& zone);

}  // namespace gelombang::uptime
