// Which slots of one monitor are due. Pure: asked with times, it neither reads a clock nor waits.
#pragma once

#include "base/clock.hpp"
#include "uptime/slot.hpp"

#include <optional>

namespace gelombang::uptime {

struct SlotTiming {
  Duration interval;  // > 0
  Duration offset;    // in [0, interval)
  // A slot may start so late, at most. Later, the slot is not played: no burst follows a stall.
  [[nodiscard]] Duration grace() const noexcept;
};

// Neighbours that ended alike, without a visit.
struct MissedSlots {
  Slot first;
  Slot last;  // >= first
  SlotOutcome outcome;
};

class SlotSchedule {
 public:
  // What is due at a look.
  struct Due {
    std::optional<Slot> play;           // the caller plays this slot, or says why it does not
    std::optional<MissedSlots> missed;  // these have ended
    // The wall clock was set back, and a slot that has ended is due once more. A visit may be played, without a slot:
    // no slot ends twice, and nobody is blind until the clock has caught up.
    bool again = false;
  };

  // Of a monitor that is new: its first slot is the next one.
  SlotSchedule(SlotTiming timing, WallTime now) noexcept;
  // Of a monitor whose slots have ended up to `last`. What fell due since then was missed: see missed_while_away().
  static SlotSchedule resume(SlotTiming timing, Slot last) noexcept;

  // The slots that fell due up to now and were not played, as no watch ran. Call before the first look().
  std::optional<MissedSlots> missed_while_away(WallTime now) noexcept;
  // `jumped`: the clocks jumped since the last look (see ClockJumps). Then nothing is played that was due before now.
  Due look(WallTime now, bool jumped) noexcept;
  // When look() finds something new, if the clock is not set before.
  [[nodiscard]] WallTime next_look() const noexcept;

  [[nodiscard]] const SlotTiming& timing() const noexcept { return timing_; }
  // The first slot that has not ended.
  [[nodiscard]] Slot next() const noexcept { return next_; }

 private:
  SlotTiming timing_;
  Slot next_;
  Slot seen_;  // the youngest due slot at the last look
};

}  // namespace gelombang::uptime
