// The target as the user gives it, and a form that may be shown.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

struct TargetUrl {
  std::string text;  // without userinfo, query, fragment and trailing slash: may be shown
  std::string scheme;
  std::string host;  // without brackets
  std::uint16_t port = 0;
};

// http or https, a host, no userinfo: a password in a URL is refused.
Result<TargetUrl> parse_target(std::string_view text);

}  // namespace gelombang
