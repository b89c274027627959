// Whole numbers and short texts in few bytes: seven bits a byte, the lowest first (LEB128, as in Protocol Buffers).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

// Reads bytes that may be damaged: after an error, everything read is 0 or empty, and ok() is false.
class VarintReader {
 public:
  explicit VarintReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  // Refuses more than `limit`.
  std::uint64_t number(std::uint64_t limit) {
    const std::uint64_t value = number();
    if (value <= limit) return value;
    fail();
    return 0;
  }
  std::string_view text(std::size_t limit) {
    const std::uint64_t length = number(limit);
    if (length > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view result = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return result;
  }
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool ok() const noexcept { return !failed_; }
  // Whether everything was read and nothing was wrong.
  [[nodiscard]] bool finished() const noexcept { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace gelombang
