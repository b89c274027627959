// The connections of one user, found by their two ends: libcurl reports the ends of a request's connection, but not its
// descriptor.
#pragma once

#include "metrics/sample.hpp"
#include "probes/http/curl_loop.hpp"

#include <cstdint>
#include <vector>

namespace gelombang {

class UserConnections {
 public:
  // Adds a socket that the loop has just opened to `remote`.
  void add(const CurlLoop& loop, curl_socket_t fd, const RemoteAddress& remote);
  // The open connection between these ends; CURL_SOCKET_BAD if there is none.
  curl_socket_t find(const CurlLoop& loop, const RemoteAddress& remote, std::uint16_t local_port);

 private:
  struct Connection {
    curl_socket_t fd;
    std::uint32_t generation;  // of the descriptor's number
    RemoteAddress remote;
    std::uint16_t local_port;  // 0: not asked for yet
  };
  std::vector<Connection> connections_;  // a handful; some of them closed
};

}  // namespace gelombang
