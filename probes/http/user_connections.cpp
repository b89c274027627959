#include "probes/http/user_connections.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace gelombang {
namespace {

// 0 if the socket has none yet.
std::uint16_t local_port_of(curl_socket_t fd) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port) : 0;
}

}  // namespace

void UserConnections::add(const CurlLoop& loop, curl_socket_t fd, const RemoteAddress& remote) {
  std::erase_if(connections_,
                [&](const Connection& one) { return loop.generation(one.fd) != one.generation || one.fd == fd; });
  connections_.push_back({fd, loop.generation(fd), remote, 0});
}

curl_socket_t UserConnections::find(const CurlLoop& loop, const RemoteAddress& remote, std::uint16_t local_port) {
  for (Connection& one : connections_) {
    if (!(one.remote == remote) || loop.generation(one.fd) != one.generation) continue;
    if (one.local_port == 0) one.local_port = local_port_of(one.fd);
    if (one.local_port == local_port) return one.fd;
  }
  return CURL_SOCKET_BAD;
}

}  // namespace gelombang
