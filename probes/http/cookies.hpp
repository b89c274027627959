// The cookies of a jar as libcurl lists them: one line in Netscape's format per cookie.
#pragma once

#include "probes/curl_handles.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// How many cookies a target may set for a user, as in browsers. libcurl takes 50 cookies per response and 4 KB per
// cookie, but has no limit for all responses together.
inline constexpr std::size_t kMaxCookiesOfDomain = 180;
inline constexpr std::size_t kMaxCookies = 3000;
inline constexpr std::size_t kCookiesAfterTrim = 150;  // kept of a domain that had too many
// For each cookie beyond these limits, the oldest of a domain first, a line that makes libcurl forget it.
std::vector<std::string> surplus_cookies(const curl_slist* lines);

// The value of cookie `name` that would be sent to `url`.
std::string cookie_for(const curl_slist* lines, std::string_view url, std::string_view name);
// A cookie line for the host of `url`; empty if the name or the value is not valid in a cookie.
std::string cookie_line(std::string_view url, std::string_view name, std::string_view value);

}  // namespace gelombang
