// A peer's address, as libcurl tells it: as text, and the same one for each request of a connection.
#pragma once

#include "metrics/sample.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

// Reads an address from its text once for as long as it stays the same.
class KnownAddress {
 public:
  // All zero where it is none.
  const RemoteAddress& read(std::string_view text, std::uint16_t port);
  // As it was read last.
  [[nodiscard]] const RemoteAddress& address() const noexcept { return address_; }

 private:
  std::string text_;
  RemoteAddress address_;
};

}  // namespace gelombang
