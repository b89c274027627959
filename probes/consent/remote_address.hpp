// Makes a RemoteAddress from the forms that the socket layer and libcurl use.
#pragma once

#include "metrics/sample.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace gelombang {

// nullopt if the address is neither IPv4 nor IPv6.
std::optional<RemoteAddress> remote_address(const sockaddr& address) noexcept;
// "192.0.2.1" or "2001:db8::1", with or without a zone.
std::optional<RemoteAddress> remote_address(std::string_view text, std::uint16_t port) noexcept;

}  // namespace gelombang
