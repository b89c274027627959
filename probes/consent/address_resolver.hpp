// Resolves a name to addresses, and converts addresses from the operating system's form. resolve_addresses blocks:
// never call it on a worker's io_context.
#pragma once

#include "base/result.hpp"
#include "metrics/sample.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

struct sockaddr;

namespace gelombang {

using AddressResolver = std::function<Result<std::vector<RemoteAddress>>(const std::string& host, std::uint16_t port)>;

// The system resolver's addresses, in its order, without duplicates. `host` may be a literal.
Result<std::vector<RemoteAddress>> resolve_addresses(const std::string& host, std::uint16_t port);
// nullopt for a family other than IPv4 and IPv6, and for a scoped address (its zone would be lost).
std::optional<RemoteAddress> from_sockaddr(const sockaddr& address, std::size_t length);

}  // namespace gelombang
