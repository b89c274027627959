// `--start-at`: a time as people write it, and as it is shown to them.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// "12:00[:30]", today and local, or "2026-03-04T12:00[:30]", local or with "Z" or an offset such as "+07:00". An error
// where it is no such time, or is over: a time of day is never taken for tomorrow's.
Result<WallTime> parse_start(std::string_view text, WallTime now);

// "Wed 4 Mar 2026 12:00:00 WIB (05:00:00 UTC)": local, with its zone, and UTC where that is another time; with its
// day where that is another day.
std::string start_text(WallTime at);

// "41 min 10 s", "9 s": what is left, in whole seconds, rounded up.
std::string countdown_text(Duration left);
// Whether a line is due where nothing can be drawn anew: every 10 minutes, in the last 10 every one, in the last one
// every 10 seconds. `before`: what was left when this was last asked.
bool countdown_line_due(Duration before, Duration left);

}  // namespace gelombang
