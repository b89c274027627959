#include "probes/http/network_link.hpp"

#include <algorithm>

namespace gelombang {

TimePoint NetworkLane::carry(std::uint64_t bytes, TimePoint from) noexcept {
  free_at_ = std::max(free_at_, from) + time_of(bytes);
  return free_at_;
}

void NetworkLane::give_back(std::uint64_t bytes) noexcept { free_at_ -= time_of(bytes); }

std::size_t NetworkLane::portion() const noexcept {
  return static_cast<std::size_t>(std::clamp(rate_ * 0.02, 1024.0, 16384.0));
}

Duration NetworkLane::time_of(std::uint64_t bytes) const noexcept {
  return from_seconds(static_cast<double>(bytes) / rate_);
}

}  // namespace gelombang
