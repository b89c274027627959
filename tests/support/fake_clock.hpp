// A clock that moves only when a test says so.
#pragma once

#include "base/clock.hpp"

namespace gelombang::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall_now() const noexcept override { return wall_; }
  void advance(Duration by) noexcept {
    now_ += by;
    wall_ += by;
  }
  // Moves wall time alone, as an operator or NTP would.
  void step_wall(Duration by) noexcept { wall_ += by; }

 private:
  TimePoint now_{std::chrono::seconds(1000)};
  WallTime wall_{std::chrono::seconds(1'800'000'000)};
};

}  // namespace gelombang::test
