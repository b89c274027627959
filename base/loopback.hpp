// What is this machine and no other: 127.0.0.0/8 and ::1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gelombang {

// `address` is IPv6's; an IPv4 address is mapped into it (::ffff:0:0/96).
[[nodiscard]] bool is_loopback(const std::array<std::uint8_t, 16>& address) noexcept;

// Whether a URL's host is "localhost" or such an address, with or without brackets. Every other name may lead anywhere,
// whatever it ends with. Who sends a secret there looks at the address that is connected to as well.
[[nodiscard]] bool names_loopback(std::string_view host);

}  // namespace gelombang
