// The cookies of a jar as libcurl tells them, a line in Netscape's format for each.
#pragma once

#include "probes/curl_handles.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// How many cookies a target may leave with a user, as browsers limit it. libcurl takes 50 from an answer and 4 KB for
// each, but has no limit for all answers together.
inline constexpr std::size_t kMaxCookiesOfDomain = 180;
inline constexpr std::size_t kMaxCookies = 3000;
inline constexpr std::size_t kCookiesAfterTrim = 150;  // of a domain that had too many
// For each cookie beyond these limits, the oldest of a domain first, a line that makes libcurl forget it.
std::vector<std::string> surplus_cookies(const curl_slist* lines);

// The value of cookie `name` that would be sent to `url`.
std::string cookie_for(const curl_slist* lines, std::string_view url, std::string_view name);
// Such a line, for the host of `url`; empty where name or value cannot be a cookie's.
std::string cookie_line(std::string_view url, std::string_view name, std::string_view value);

}  // namespace gelombang
