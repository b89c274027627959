// A port where connections are never made: its queue is full, so the kernel drops whoever asks.
#pragma once

#include <cstdint>
#include <vector>

namespace gelombang::test {

class SilentPort {
 public:
  // Of 127.0.0.1 or, with AF_INET6, of ::1; 0: a free one. Throws where it cannot listen.
  explicit SilentPort(int family, std::uint16_t port = 0);
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::vector<int> sockets_;  // the listener, and those that fill its queue
};

}  // namespace gelombang::test
