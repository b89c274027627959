// `--start-at`: reads a time as people write it, and counts down to it. base/local_time shows times to people.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// "12:00[:30]": today, local time. "2026-03-04T12:00[:30]": local time, or with "Z" or an offset such as "+07:00". An
// error if the text is no such time or the time has passed: a time of day never means tomorrow.
Result<WallTime> parse_start(std::string_view text, WallTime now);

// "41 min 10 s", "9 s": the time left in whole seconds, rounded up.
std::string countdown_text(Duration left);
// Whether to print a line where nothing can be redrawn: every 10 minutes, in the last 10 minutes every minute, in the
// last minute every 10 seconds. `before`: the time left at the previous call.
bool countdown_line_due(Duration before, Duration left);

}  // namespace gelombang
