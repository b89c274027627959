// The state of an HttpUser: one share handle, made when the user's first request starts.
#pragma once

#include "probes/curl_handles.hpp"
#include "probes/http/easy_pool.hpp"
#include "probes/http/network_link.hpp"
#include "probes/http/user.hpp"
#include "probes/http/user_connections.hpp"

#include <cstddef>
#include <memory>

namespace gelombang {

struct HttpUser::State {
  explicit State(EasyPool& pool) : handles(&pool) {}

  EasyPool* handles;       // of its client
  CurlShare share;         // connections, TLS sessions and cookies of this user alone
  std::size_t active = 0;  // transfers under way
  UserConnections connections;
  std::size_t cookies_set = 0;        // Set-Cookie lines since the jar was last looked at
  std::shared_ptr<NetworkLink> link;  // of all connections; null: as fast as this machine

  // Null if there is no memory for it.
  CURLSH* open_share();
};

}  // namespace gelombang
