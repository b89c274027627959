// The network of a user: how fast it carries bytes up and down, and how long a round trip takes. All connections of a
// user share one link, and nobody else uses it. docs/networks.md says what is modelled and what is not.
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

// One direction of a link. It carries one byte after the other.
class NetworkLane {
 public:
  explicit NetworkLane(double bytes_per_second) noexcept : rate_(bytes_per_second) {}

  // Carries `bytes` from `from` on, or from when the lane is free. Returns when the last byte is through.
  TimePoint carry(std::uint64_t bytes, TimePoint from) noexcept;
  // Returns bytes that were booked and did not come.
  void give_back(std::uint64_t bytes) noexcept;
  [[nodiscard]] TimePoint free_at() const noexcept { return free_at_; }
  // How many bytes are handed to the lane at a time: some 20 ms of its rate, so that the peer sees a stream and no
  // bursts.
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
