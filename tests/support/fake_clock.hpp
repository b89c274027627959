// A clock that moves only when a test moves it. Other threads may read the clock at the same time.
#pragma once

#include "base/clock.hpp"

#include <atomic>

namespace gelombang::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall_now() const noexcept override { return wall_; }
  [[nodiscard]] TimePoint boot_now() const noexcept override { return now_.load() + slept_.load(); }
  void advance(Duration by) noexcept {
    now_ = now_.load() + by;
    step_wall(by);
  }
  // The machine sleeps: only the boot clock and wall time advance.
  void sleep(Duration by) noexcept {
    slept_ = slept_.load() + by;
    step_wall(by);
  }
  // Moves wall time alone, as an operator or NTP would.
  void step_wall(Duration by) noexcept { wall_ = wall_.load() + by; }

 private:
  std::atomic<TimePoint> now_{TimePoint(std::chrono::seconds(1000))};
  std::atomic<Duration> slept_{Duration::zero()};
  std::atomic<WallTime> wall_{WallTime(std::chrono::seconds(1'800'000'000))};
};

}  // namespace gelombang::test
