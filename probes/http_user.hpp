// What is behind an HttpUser: one share handle, made when the user's first request starts.
#pragma once

#include "probes/curl_handles.hpp"
#include "probes/http_client.hpp"
#include "probes/network_link.hpp"
#include "probes/user_connections.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace gelombang {

struct HttpUser::State {
  explicit State(HttpClient& owner) : client(&owner) {}

  HttpClient* client;
  CurlShare share;                    // connections, TLS sessions and cookies of this user alone
  std::size_t active = 0;             // transfers under way
  UserConnections connections;
  std::shared_ptr<NetworkLink> link;  // of all connections; null: as fast as this machine

  // Null where there is no memory for it.
  CURLSH* open_share();
};

// The value of cookie `name` that would be sent to `url`, from libcurl's lines in Netscape's format.
std::string cookie_for(const curl_slist* lines, std::string_view url, std::string_view name);
// Such a line, for the host of `url`; empty where name or value cannot be a cookie's.
std::string cookie_line(std::string_view url, std::string_view name, std::string_view value);

}  // namespace gelombang
