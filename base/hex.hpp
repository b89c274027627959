// Hexadecimal digits.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gelombang {

// 0 to 15; -1 if `c` is no digit.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Writes 16 digits in lower case. Returns the position after them.
inline char* write_hex(char* to, std::uint64_t value) {
  static constexpr auto kBytes = [] {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = {kDigits[i >> 4], kDigits[i & 15]};
    return bytes;
  }();
  for (int shift = 56; shift >= 0; shift -= 8) to = std::copy_n(kBytes[value >> shift & 255].data(), 2, to);
  return to;
}

}  // namespace gelombang
