#include "uptime/slot_schedule.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gelombang::uptime {

Duration SlotTiming::grace() const noexcept { return std::min<Duration>(interval / 2, std::chrono::seconds(5)); }

SlotSchedule::SlotSchedule(SlotTiming timing, WallTime now) noexcept
    : timing_(timing), next_(slot_due_at(now, timing.interval, timing.offset) + 1), seen_(next_ - 1) {}

SlotSchedule SlotSchedule::resume(SlotTiming timing, Slot last) noexcept {
  return {timing, slot_time(last, timing.interval, timing.offset)};
}

std::optional<MissedSlots> SlotSchedule::missed_while_away(WallTime now) noexcept {
  seen_ = slot_due_at(now, timing_.interval, timing_.offset);
  if (seen_ < next_) return std::nullopt;
  const MissedSlots missed{next_, seen_, SlotOutcome::not_running};
  next_ = seen_ + 1;
  return missed;
}

SlotSchedule::Due SlotSchedule::look(WallTime now, bool jumped) noexcept {
  const Slot due = slot_due_at(now, timing_.interval, timing_.offset);
  const Slot seen = std::exchange(seen_, due);
  Due found;
  if (due < next_) {
    // After a step back `seen` is in the future: the look that finds the step plays nothing.
    found.again = due > seen && !jumped;
    return found;
  }
  const bool in_time = !jumped && now - slot_time(due, timing_.interval, timing_.offset) <= timing_.grace();
  const Slot last_missed = in_time ? due - 1 : due;
  if (last_missed >= next_) {
    found.missed = MissedSlots{next_, last_missed, jumped ? SlotOutcome::clock_jump : SlotOutcome::overload};
  }
  if (in_time) found.play = due;
  next_ = due + 1;
  return found;
}

WallTime SlotSchedule::next_look() const noexcept { return slot_time(seen_ + 1, timing_.interval, timing_.offset); }

}  // namespace gelombang::uptime
