// The network that somebody has: how fast it carries bytes up and down, and how long a round trip takes. A link is
// shared by all connections of its user and by nobody else. docs/networks.md says what is modelled and what is not.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

struct NetworkProfile {
  std::string name;
  double upload = 0;    // bytes per second
  double download = 0;  // likewise
  Duration rtt{};
};

// One direction: a line that carries one byte after the other.
class NetworkLane {
 public:
  explicit NetworkLane(double bytes_per_second) noexcept : rate_(bytes_per_second) {}

  // Takes so many bytes from `from` on, or when the line is free; the moment when the last one is through.
  TimePoint carry(std::uint64_t bytes, TimePoint from) noexcept;
  // They were booked and did not come.
  void give_back(std::uint64_t bytes) noexcept;
  [[nodiscard]] TimePoint free_at() const noexcept { return free_at_; }
  // What is handed to the line at a time: some 20 ms of it, so that the peer sees a stream and no bursts.
  [[nodiscard]] std::size_t portion() const noexcept;

 private:
  [[nodiscard]] Duration time_of(std::uint64_t bytes) const noexcept;

  double rate_;
  TimePoint free_at_{};
};

class PacedSocket;

struct NetworkLink {
  explicit NetworkLink(const NetworkProfile& profile) noexcept
      : up(profile.upload), down(profile.download), rtt(profile.rtt) {}

  NetworkLane up;
  NetworkLane down;
  Duration rtt;
  std::vector<std::weak_ptr<PacedSocket>> sockets;  // its connections, and some that are closed
};

}  // namespace gelombang
