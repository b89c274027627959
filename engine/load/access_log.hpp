// One line of the access log of nginx or Apache, in the common or the combined format:
//   192.0.2.1 - - [04/Mar/2021:12:00:00 +0700] "GET /masuk HTTP/1.1" 200 512 "https://..." "Mozilla/5.0 ..."
// or with a virtual host before it, as in Debian's other_vhosts_access.log: portal.example:80 192.0.2.1 - - [...
#pragma once

#include "base/clock.hpp"
#include "probes/http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

struct AccessLogLine {
  std::string_view client;      // an address without its port, or a name
  bool named = false;           // it is a name
  Duration time{};              // since 1970; the log knows seconds
  HttpMethod method{};          //
  std::string_view path;        // begins with /, without query; may have blanks, see as_asked()
  std::string_view query;       // with its ?, or empty
  std::uint16_t status = 0;     // 100 to 599
  std::string_view user_agent;  // as it stands there, escapes and all; empty in the common format
};

constexpr std::size_t kLongestLoggedPath = 1024;  // bytes as they are asked for, query included

// The parts of a line, which they point into; where it is none, nothing, and `problem` says why.
std::optional<AccessLogLine> parse_access_line(std::string_view line, std::string_view& problem) noexcept;

// A path with its blanks percent-encoded.
std::string as_asked(std::string_view path);

}  // namespace gelombang
