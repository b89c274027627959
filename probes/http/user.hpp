// What is behind an HttpUser: one share handle, made when the user's first request starts.
#pragma once

#include "probes/curl_handles.hpp"
#include "probes/http/client.hpp"
#include "probes/http/network_link.hpp"
#include "probes/http/user_connections.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct HttpUser::State {
  explicit State(HttpClient& owner) : client(&owner) {}

  HttpClient* client;
  CurlShare share;         // connections, TLS sessions and cookies of this user alone
  std::size_t active = 0;  // transfers under way
  UserConnections connections;
  std::size_t cookies_set = 0;        // Set-Cookie lines since the jar was last looked at
  std::shared_ptr<NetworkLink> link;  // of all connections; null: as fast as this machine

  // Null where there is no memory for it.
  CURLSH* open_share();
};

// How many cookies a target may leave with a user, as browsers limit it. libcurl takes 50 from an answer and 4 KB for
// each, but has no limit for all answers together.
inline constexpr std::size_t kMaxCookiesOfDomain = 180;
inline constexpr std::size_t kMaxCookies = 3000;
inline constexpr std::size_t kCookiesAfterTrim = 150;  // of a domain that had too many
// For each cookie beyond these limits, the oldest of a domain first, a line that makes libcurl forget it.
std::vector<std::string> surplus_cookies(const curl_slist* lines);

// The value of cookie `name` that would be sent to `url`, from libcurl's lines in Netscape's format.
std::string cookie_for(const curl_slist* lines, std::string_view url, std::string_view name);
// Such a line, for the host of `url`; empty where name or value cannot be a cookie's.
std::string cookie_line(std::string_view url, std::string_view name, std::string_view value);

}  // namespace gelombang
