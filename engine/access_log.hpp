// One line of the access log of nginx or Apache, in the common or the combined format:
//   192.0.2.1 - - [04/Mar/2021:12:00:00 +0700] "GET /masuk HTTP/1.1" 200 512 "https://..." "Mozilla/5.0 ..."
#pragma once

#include "base/clock.hpp"
#include "probes/http_message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gelombang {

struct AccessLogLine {
  std::string_view client;      // an address or a name
  Duration time{};              // since 1970; the log knows seconds
  HttpMethod method{};          //
  std::string_view path;        // begins with /, without query
  std::string_view query;       // with its ?, or empty
  std::uint16_t status = 0;     // 100 to 999
  std::string_view user_agent;  // as it stands there, escapes and all; empty in the common format
};

constexpr std::size_t kLongestLoggedPath = 1024;  // bytes, query included

// The parts of a line, which they point into; where it is none, nothing, and `problem` says why.
std::optional<AccessLogLine> parse_access_line(std::string_view line, std::string_view& problem) noexcept;

}  // namespace gelombang
