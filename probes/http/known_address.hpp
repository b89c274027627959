// A peer's address as libcurl reports it: as text, and the same for each request of a connection.
#pragma once

#include "metrics/sample.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

// Parses the text of an address only when the text changes.
class KnownAddress {
 public:
  // All zero if the text is no address.
  const RemoteAddress& read(std::string_view text, std::uint16_t port);
  // The address that was read last.
  [[nodiscard]] const RemoteAddress& address() const noexcept { return address_; }

 private:
  std::string text_;
  RemoteAddress address_;
};

}  // namespace gelombang
