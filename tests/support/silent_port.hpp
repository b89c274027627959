// A port where no connection is ever made: its queue is full, so the kernel drops connection attempts.
#pragma once

#include <cstdint>
#include <vector>

namespace gelombang::test {

class SilentPort {
 public:
  // A port of 127.0.0.1 or, with AF_INET6, of ::1. 0: a free port. Throws if it cannot listen.
  explicit SilentPort(int family, std::uint16_t port = 0);
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::vector<int> sockets_;  // the listener, and the connections that fill its queue
};

}  // namespace gelombang::test
