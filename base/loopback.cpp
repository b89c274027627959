#include "base/loopback.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace gelombang {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool is_loopback(const std::array<std::uint8_t, 16>& address) noexcept {
  if (std::equal(kMapped.begin(), kMapped.end(), address.begin())) return address[12] == 127;
  return address.back() == 1 && std::all_of(address.begin(), address.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool names_loopback(std::string_view host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string text(host);
  std::array<std::uint8_t, 16> address{};
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return is_loopback(address);
  std::copy(kMapped.begin(), kMapped.end(), address.begin());
  return inet_pton(AF_INET, text.c_str(), address.data() + kMapped.size()) == 1 && is_loopback(address);
}

}  // namespace gelombang
