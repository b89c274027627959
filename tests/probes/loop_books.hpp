// What the kernel knows of a client's connections: whose descriptors are open, and which of them are watched.
#pragma once

#include <cstdint>
#include <set>

namespace gelombang::test {

// TCP sockets of this process that neither listen nor have a port of `servers`, but those of `others`.
std::set<int> client_sockets(const std::set<std::uint16_t>& servers, const std::set<int>& others);
// Those of the given ones that stand in an epoll set of this process.
std::set<int> watched(const std::set<int>& sockets);

}  // namespace gelombang::test
