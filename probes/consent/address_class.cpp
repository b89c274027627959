#include "probes/consent/address_class.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace gelombang {
namespace {

using Bytes4 = std::array<std::uint8_t, 4>;
using Bytes16 = std::array<std::uint8_t, 16>;
using enum AddressClass;

template <std::size_t N>
struct Range {
  std::array<std::uint8_t, N> prefix;
  unsigned bits = 0;
  AddressFacts facts;
};

// The first match counts.
constexpr Range<4> kIpv4Ranges[] = {
    {{0, 0, 0, 0}, 8, {denied, "an address of 'this network' (0.0.0.0/8)"}},
    {{10, 0, 0, 0}, 8, {private_network, "a private address (10.0.0.0/8)"}},
    {{100, 64, 0, 0}, 10, {denied, "a shared carrier address (100.64.0.0/10)"}},
    {{127, 0, 0, 0}, 8, {loopback, "a loopback address"}},
    {{169, 254, 0, 0}, 16, {private_network, "a link-local address (169.254.0.0/16)"}},
    {{172, 16, 0, 0}, 12, {private_network, "a private address (172.16.0.0/12)"}},
    {{192, 0, 0, 0}, 24, {denied, "a protocol assignment (192.0.0.0/24)"}},
    {{192, 0, 2, 0}, 24, {denied, "a documentation address (192.0.2.0/24)"}},
    {{192, 31, 196, 0}, 24, {denied, "an AS112 address (192.31.196.0/24)"}},
    {{192, 52, 193, 0}, 24, {denied, "an AMT relay address (192.52.193.0/24)"}},
    {{192, 88, 99, 0}, 24, {denied, "a 6to4 relay address (192.88.99.0/24)"}},
    {{192, 168, 0, 0}, 16, {private_network, "a private address (192.168.0.0/16)"}},
    {{192, 175, 48, 0}, 24, {denied, "an AS112 address (192.175.48.0/24)"}},
    {{198, 18, 0, 0}, 15, {denied, "a benchmarking address (198.18.0.0/15)"}},
    {{198, 51, 100, 0}, 24, {denied, "a documentation address (198.51.100.0/24)"}},
    {{203, 0, 113, 0}, 24, {denied, "a documentation address (203.0.113.0/24)"}},
    {{224, 0, 0, 0}, 4, {denied, "a multicast address (224.0.0.0/4)"}},
    {{255, 255, 255, 255}, 32, {denied, "the broadcast address"}},
    {{240, 0, 0, 0}, 4, {denied, "a reserved address (240.0.0.0/4)"}},
};

// Only 2000::/3 is global unicast; an address in no row is denied.
constexpr Range<16> kIpv6Ranges[] = {
    {{}, 128, {denied, "the unspecified address (::)"}},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, {loopback, "a loopback address"}},
    {{0xfc}, 7, {private_network, "a private address (fc00::/7)"}},
    {{0xfe, 0x80}, 10, {private_network, "a link-local address (fe80::/10)"}},
    {{0xff}, 8, {denied, "a multicast address (ff00::/8)"}},
    {{0x20, 0x01, 0, 0}, 32, {denied, "a Teredo address (2001::/32)"}},
    {{0x20, 0x01, 0, 0}, 23, {denied, "a protocol assignment (2001::/23)"}},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, {denied, "a documentation address (2001:db8::/32)"}},
    {{0x20, 0x02}, 16, {denied, "a 6to4 address (2002::/16)"}},
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48, {denied, "an AS112 address (2620:4f:8000::/48)"}},
    {{0x3f, 0xff, 0x00}, 20, {denied, "a documentation address (3fff::/20)"}},
    {{0x20}, 3, {public_network, "a public address"}},
};

template <std::size_t N>
bool inside(const std::array<std::uint8_t, N>& address, const Range<N>& range) noexcept {
  const std::size_t whole = range.bits / 8;
  if (!std::equal(address.begin(), address.begin() + whole, range.prefix.begin())) return false;
  const unsigned rest = range.bits % 8;
  return rest == 0 || (address[whole] ^ range.prefix[whole]) >> (8 - rest) == 0;
}

AddressFacts classify_ipv4(const Bytes4& address) noexcept {
  for (const auto& range : kIpv4Ranges) {
    if (inside(address, range)) return range.facts;
  }
  return {public_network, "a public address"};
}

AddressFacts classify_ipv6(const Bytes16& address) noexcept {
  for (const auto& range : kIpv6Ranges) {
    if (inside(address, range)) return range.facts;
  }
  return {denied, "a reserved IPv6 address"};
}

bool zero_between(const Bytes16& address, std::size_t from, std::size_t to) noexcept {
  return std::all_of(address.begin() + from, address.begin() + to, [](std::uint8_t byte) { return byte == 0; });
}

// Accepts the same IPv4 text as inet_pton, without a copy: this runs for the host of every request.
std::optional<Bytes4> dotted_quad(std::string_view text) noexcept {
  Bytes4 bytes{};
  for (std::size_t part = 0; part < bytes.size(); ++part) {
    if (part > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
      if (digits > 0 && value == 0) return std::nullopt;  // a leading zero: some parsers read octal
      value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    bytes[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(digits);
  }
  return text.empty() ? std::optional(bytes) : std::nullopt;
}

}  // namespace

bool is_ipv4(const RemoteAddress& address) noexcept {
  const Bytes16& b = address.bytes;
  return zero_between(b, 0, 10) && b[10] == 0xff && b[11] == 0xff;
}

AddressFacts classify(const RemoteAddress& address) noexcept {
  const Bytes16& b = address.bytes;
  const AddressFacts inner = classify_ipv4({b[12], b[13], b[14], b[15]});
  if (is_ipv4(address)) return inner;

  const bool nat64_prefix = b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b;
  if (nat64_prefix && zero_between(b, 4, 12)) {
    // RFC 6052, 3.1: the well-known prefix never carries an address that is not global.
    if (inner.kind == public_network) return {public_network, "a public address behind NAT64"};
    return {denied, "a special address behind NAT64"};
  }
  if (nat64_prefix && b[4] == 0x00 && b[5] == 0x01) {
    // RFC 8215. The operator's prefix decides where the IPv4 address is; only the /96 form is certain.
    if (!zero_between(b, 6, 12)) return {denied, "a local NAT64 address of unclear form"};
    if (inner.kind == public_network) return {public_network, "a public address behind NAT64"};
    if (inner.kind == private_network) return {private_network, "a private address behind NAT64"};
    return {denied, "a special address behind NAT64"};
  }
  // ::/96 except :: and ::1, which have their own rows.
  if (zero_between(b, 0, 12) && !(zero_between(b, 12, 15) && b[15] <= 1)) {
    if (inner.kind == public_network) return {public_network, "a public IPv4-compatible address"};
    return {denied, "a special IPv4-compatible address"};
  }
  return classify_ipv6(b);
}

std::optional<RemoteAddress> parse_address(std::string_view text, std::uint16_t port) {
  if (const auto four = dotted_quad(text)) {
    RemoteAddress address;
    address.port = port;
    address.bytes[10] = address.bytes[11] = 0xff;
    std::copy(four->begin(), four->end(), address.bytes.begin() + 12);
    return address;
  }
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  RemoteAddress address;
  address.port = port;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string format_address(const RemoteAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_ipv4(address)) {  // runs for every request's host; inet_ntop would print with a format
    char* end = text.data();
    for (std::size_t i = 12; i < 16; ++i) {
      if (i > 12) *end++ = '.';
      end = std::to_chars(end, text.data() + text.size(), address.bytes[i]).ptr;
    }
    return {text.data(), end};
  }
  inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace gelombang
