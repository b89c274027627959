// Tells a machine that slept from a wall clock that was set, by three clocks.
#pragma once

#include "base/clock.hpp"

#include <optional>

namespace gelombang::uptime {

// All clocks at one moment.
struct ClockReading {
  TimePoint steady{};  // stands still while the machine sleeps
  TimePoint boot{};    // goes on while the machine sleeps
  WallTime wall{};     // may be set
  static ClockReading of(const Clock& clock) noexcept { return {clock.now(), clock.boot_now(), clock.wall_now()}; }
};

// Between two looks.
struct ClockJump {
  Duration slept{};    // >= 0
  Duration stepped{};  // of the wall clock; below 0: back
};

class ClockJumps {
 public:
  // Less than this is no jump: NTP slews clocks by milliseconds, and three clocks are not read at one instant.
  static constexpr Duration kTolerance = std::chrono::seconds(1);

  explicit ClockJumps(const ClockReading& first) noexcept : last_(first) {}
  std::optional<ClockJump> look(const ClockReading& now) noexcept;

 private:
  ClockReading last_;
};

}  // namespace gelombang::uptime
