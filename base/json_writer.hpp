// Text that cannot break its reader: JSON that is valid whatever the strings contain, lines that cannot control a
// terminal.
#pragma once

#include "base/clock.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace gelombang {

// Indented by two blanks, members in their order, ends with a newline. Numbers are the shortest text that
// reads back as the same; a NaN or an infinity becomes null; invalid UTF-8 becomes U+FFFD. No locale.
std::string to_json_text(const boost::json::value& value);
// A text as a JSON string, in quotes.
std::string json_string(std::string_view text);
// Invalid bytes become U+FFFD.
std::string valid_utf8(std::string_view text);
// Removes an incomplete letter at the end, whose rest was cut off.
std::string_view without_cut_letter(std::string_view text);
// For a terminal: a tab becomes a blank, other control characters and invalid bytes '?'.
std::string printable(std::string_view text);
// The same for a text of several lines, which end with a line feed.
std::string printable_text(std::string_view text);

// "2026-03-01T05:00:00.250Z"
std::string iso_time(WallTime time);

}  // namespace gelombang
