// What the kernel knows of a client's connections: whose descriptors are open, and which of them are watched.
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace gelombang::test {

// All sockets of this process, by what no other socket has: a number is given out again.
std::set<std::string> sockets();
// TCP sockets of this process that neither listen nor have a port of `servers`, but those of `others`. Also those that
// were never connected.
std::set<int> client_sockets(const std::set<std::uint16_t>& servers, const std::set<std::string>& others);
// Those of the given ones that stand in an epoll set of this process.
std::set<int> watched(const std::set<int>& sockets);

}  // namespace gelombang::test
