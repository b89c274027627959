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
  bool named = false;           // `client` is a name
  Duration time{};              // since 1970, in whole seconds
  HttpMethod method{};          //
  std::string_view path;        // begins with /, without query; may have blanks, see as_asked()
  std::string_view query;       // with its ?, or empty
  std::uint16_t status = 0;     // 100 to 599
  std::string_view user_agent;  // as it is logged, with its escapes; empty in the common format
};

constexpr std::size_t kLongestLoggedPath = 1024;  // bytes as requested, with encoded blanks, query included

// The parts of a line; they point into `line`. nullopt if the line is broken; then `problem` says why.
std::optional<AccessLogLine> parse_access_line(std::string_view line, std::string_view& problem) noexcept;

// A path with its blanks percent-encoded.
std::string as_asked(std::string_view path);

}  // namespace gelombang
