// The formats of times in recordings.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace gelombang {

// Reads seconds since 1970, or since any other start ("1614834000", "12.5"), or RFC 3339 ("2021-03-04T12:00:00+07:00"),
// also with a space for the T, and without a zone, which means UTC. The result counts from 1970 or from that start;
// nullopt if the text is neither.
std::optional<Duration> parse_recorded_time(std::string_view text) noexcept;

// As in access logs: "04/Mar/2021:12:00:00 +0700".
std::optional<Duration> parse_log_time(std::string_view text) noexcept;

}  // namespace gelombang
