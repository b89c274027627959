// Addresses of this machine alone: 127.0.0.0/8 and ::1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gelombang {

// `address` is an IPv6 address; an IPv4 address is mapped into it (::ffff:0:0/96).
[[nodiscard]] bool is_loopback(const std::array<std::uint8_t, 16>& address) noexcept;

// Whether a URL's host is "localhost" or such an address, with or without brackets. Any other name may lead anywhere,
// whatever it ends with. Code that sends a secret there also checks the address of the connection.
[[nodiscard]] bool names_loopback(std::string_view host);

}  // namespace gelombang
