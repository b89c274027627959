// What kind of network an address belongs to: the first question of the consent guard.
// Ranges are those of the IANA special-purpose registries (RFC 6890 and its updates).
#pragma once

#include "metrics/sample.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

enum class AddressClass : std::uint8_t {
  loopback,         // 127/8, ::1: this machine
  private_network,  // RFC 1918, fc00::/7, link-local
  denied,           // never a target: unspecified, multicast, reserved, documentation, transition, ...
  public_network,   // everything else
};

struct AddressFacts {
  AddressClass kind = AddressClass::denied;
  std::string_view range;  // for people: "a loopback address", "a multicast address"
};

// IPv4-mapped, NAT64 and IPv4-compatible addresses are judged by the IPv4 address inside. A translated loopback address
// is denied: 127.0.0.1 behind a translator is not this machine.
AddressFacts classify(const RemoteAddress& address) noexcept;

// An address literal as inet_pton accepts it: no brackets, no zone, no short forms such as 127.1.
std::optional<RemoteAddress> parse_address(std::string_view text, std::uint16_t port = 0);
// Without the port: "192.0.2.1", "2001:db8::1".
std::string format_address(const RemoteAddress& address);
[[nodiscard]] bool is_ipv4(const RemoteAddress& address) noexcept;

}  // namespace gelombang
