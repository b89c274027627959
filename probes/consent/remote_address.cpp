#include "probes/consent/remote_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace gelombang {
namespace {

RemoteAddress mapped(const void* four_bytes, std::uint16_t port) noexcept {
  RemoteAddress result;
  result.bytes[10] = 0xff;
  result.bytes[11] = 0xff;
  std::memcpy(result.bytes.data() + 12, four_bytes, 4);
  result.port = port;
  return result;
}

}  // namespace

std::optional<RemoteAddress> remote_address(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return mapped(&v4.sin_addr, ntohs(v4.sin_port));
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  RemoteAddress result;
  std::memcpy(result.bytes.data(), &v6.sin6_addr, result.bytes.size());
  result.port = ntohs(v6.sin6_port);
  return result;
}

std::optional<RemoteAddress> remote_address(std::string_view text, std::uint16_t port) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  text = text.substr(0, text.find('%'));
  if (text.empty() || text.size() >= terminated.size()) return std::nullopt;
  std::memcpy(terminated.data(), text.data(), text.size());
  std::array<unsigned char, 4> four{};
  if (inet_pton(AF_INET, terminated.data(), four.data()) == 1) return mapped(four.data(), port);
  RemoteAddress result;
  result.port = port;
  if (inet_pton(AF_INET6, terminated.data(), result.bytes.data()) != 1) return std::nullopt;
  return result;
}

}  // namespace gelombang
