// The program reads time only through this class. Durations come from the steady clock; wall time is only for labels.
// Tests run on tests/support/fake_clock.hpp.
#pragma once

#include <chrono>

namespace gelombang {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const noexcept = 0;
  [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;
  // Like now(), but goes on while the machine sleeps: the difference distinguishes a sleep from a wall clock that was
  // set.
  [[nodiscard]] virtual TimePoint boot_now() const noexcept = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override;
  [[nodiscard]] WallTime wall_now() const noexcept override;
  [[nodiscard]] TimePoint boot_now() const noexcept override;
};

constexpr double to_seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }
inline double unix_seconds(WallTime at) noexcept {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}
// Rounds to the nearest nanosecond; saturates at the ends of Duration.
Duration from_seconds(double seconds) noexcept;

}  // namespace gelombang
