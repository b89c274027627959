#include "tests/support/silent_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace gelombang::test {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(int family, std::uint16_t port) {
  Address address;
  address.storage.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
    six.sin6_addr = in6addr_loopback;
    six.sin6_port = htons(port);
    address.length = sizeof six;
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    four.sin_port = htons(port);
    address.length = sizeof four;
  }
  return address;
}

}  // namespace

SilentPort::SilentPort(int family, std::uint16_t port) {
  Address address = loopback(family, port);
  const int listener = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  if (listener < 0 || ::bind(listener, address.get(), address.length) != 0 || ::listen(listener, 0) != 0 ||
      getsockname(listener, address.get(), &address.length) != 0) {
    throw std::runtime_error("the silent port cannot listen");
  }
  port_ = ntohs(family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port
                                   : reinterpret_cast<sockaddr_in&>(address.storage).sin_port);
  // The first connection fills the queue. The others show the kernel that the queue is full.
  for (int i = 0; i < 3; ++i) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ::connect(fd, address.get(), address.length);
    sockets_.push_back(fd);
  }
}

SilentPort::~SilentPort() {
  for (const int fd : sockets_) ::close(fd);
}

}  // namespace gelombang::test
