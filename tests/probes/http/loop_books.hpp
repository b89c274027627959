// The kernel's view of a client's connections: which descriptors are open, and which of them are watched.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace gelombang::test {

// All sockets of this process by their unique names. Descriptor numbers are reused, so they are not unique.
std::set<std::string> sockets();
// TCP sockets of this process that do not listen, have no port of `servers` and are not in `others`. Sockets that were
// never connected are included.
std::set<int> client_sockets(const std::set<std::uint16_t>& servers, const std::set<std::string>& others);
// The given sockets that are in an epoll set of this process.
std::set<int> watched(const std::set<int>& sockets);

}  // namespace gelombang::test
