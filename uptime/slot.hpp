// A slot is one turn of a monitor: slot k of an interval covers [k * interval, (k + 1) * interval) of Unix time. All
// locations number alike. Each monitor and location is due at an offset of its own inside the slot.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gelombang::uptime {

using Slot = std::int64_t;

// How a due slot ended. Each due slot ends exactly once.
enum class SlotOutcome : std::uint8_t {
  run,          // a visit was played
  overlap,      // the visit of an earlier slot was still under way
  overload,     // this process was late, or played as many visits as it may
  paused,       // somebody asked for it, consent is missing, or maintenance asks for no probes
  clock_jump,   // the machine slept, or its wall clock was set
  not_running,  // no watch ran
};
inline constexpr std::array<std::string_view, 6> kSlotOutcomeNames{"run",    "overlap",    "overload",
                                                                   "paused", "clock_jump", "not_running"};

// What a visit says of the target. `aborted` says nothing of the target: the fault is ours.
enum class VisitResult : std::uint8_t { success, degraded, failure, aborted };
inline constexpr std::array<std::string_view, 4> kVisitResultNames{"success", "degraded", "failure", "aborted"};

// The moment, in [0, interval), at which a monitor is due inside its slots. A hash of both names: stable across
// restarts and machines, and spread evenly. interval > 0.
Duration slot_offset(std::string_view monitor, std::string_view location, Duration interval) noexcept;

// The youngest slot that is due at `at` or was before; negative before 1970.
Slot slot_due_at(WallTime at, Duration interval, Duration offset) noexcept;
// When a slot is due.
WallTime slot_time(Slot slot, Duration interval, Duration offset) noexcept;

}  // namespace gelombang::uptime
