#include "probes/consent/address_resolver.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace gelombang {

std::optional<RemoteAddress> from_sockaddr(const sockaddr& address, std::size_t length) {
  RemoteAddress result;
  if (address.sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    result.bytes[10] = result.bytes[11] = 0xff;
    std::memcpy(result.bytes.data() + 12, &in.sin_addr, 4);
    result.port = ntohs(in.sin_port);
    return result;
  }
  if (address.sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    if (in.sin6_scope_id != 0) return std::nullopt;
    std::memcpy(result.bytes.data(), &in.sin6_addr, 16);
    result.port = ntohs(in.sin6_port);
    return result;
  }
  return std::nullopt;
}

Result<std::vector<RemoteAddress>> resolve_addresses(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  const int code = getaddrinfo(host.c_str(), fmt::format("{}", port).c_str(), &hints, &raw);
  if (code != 0) {
    const std::string why = code == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(code);
    return Error{fmt::format("the name {} cannot be resolved: {}", host, why)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(raw, &freeaddrinfo);
  std::vector<RemoteAddress> addresses;
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    const auto address = from_sockaddr(*entry->ai_addr, entry->ai_addrlen);
    if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) return Error{fmt::format("the name {} has no address that can be used", host)};
  return addresses;
}

}  // namespace gelombang
