// The times that recordings are written in.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string_view>

namespace gelombang {

// Seconds since 1970, or since anything ("1614834000", "12.5"); or RFC 3339, also with a space for the T and without a
// zone, which is UTC ("2021-03-04T12:00:00+07:00"). Since 1970 or that anything; nothing where it is neither.
std::optional<Duration> parse_recorded_time(std::string_view text) noexcept;

// As access logs have it: "04/Mar/2021:12:00:00 +0700".
std::optional<Duration> parse_log_time(std::string_view text) noexcept;

}  // namespace gelombang
