#include "uptime/follow_ups.hpp"

#include <algorithm>

namespace gelombang::uptime {

void FollowUps::begin(TimePoint at) noexcept {
  if (begun_) return;
  begun_ = at;
  next_ = at + kFirst;
}

void FollowUps::played(TimePoint at) noexcept {
  pause_ = std::min(2 * pause_, kSlowest);
  next_ = at + pause_;
}

std::optional<TimePoint> FollowUps::next() const noexcept {
  if (!begun_ || next_ > *begun_ + kAtMost) return std::nullopt;
  return next_;
}

}  // namespace gelombang::uptime
