#include "base/clock.hpp"

#include <cmath>
#include <ctime>

namespace gelombang {

TimePoint SystemClock::now() const noexcept {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

WallTime SystemClock::wall_now() const noexcept {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

TimePoint SystemClock::boot_now() const noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return TimePoint(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

Duration from_seconds(double seconds) noexcept {
  const double nanoseconds = seconds * 1e9;
  if (std::isnan(nanoseconds)) return Duration::zero();
  if (nanoseconds >= 9.2e18) return Duration::max();
  if (nanoseconds <= -9.2e18) return Duration::min();
  return Duration(std::llround(nanoseconds));
}

}  // namespace gelombang
