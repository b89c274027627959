#include "uptime/clock_jumps.hpp"

#include <utility>

namespace gelombang::uptime {

std::optional<ClockJump> ClockJumps::look(const ClockReading& now) noexcept {
  const ClockReading last = std::exchange(last_, now);
  const Duration on_boot = now.boot - last.boot;
  const Duration slept = on_boot - (now.steady - last.steady);
  const Duration stepped = (now.wall - last.wall) - on_boot;
  ClockJump jump;
  if (slept > kTolerance) jump.slept = slept;
  if (stepped > kTolerance || stepped < -kTolerance) jump.stepped = stepped;
  if (jump.slept == Duration::zero() && jump.stepped == Duration::zero()) return std::nullopt;
  return jump;
}

}  // namespace gelombang::uptime
