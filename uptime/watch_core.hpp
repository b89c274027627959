// The heart of a watch: which visits are due, what has become of each slot, and how each monitor stands. Pure: it is
// told the time and what has happened, and neither waits nor opens anything. One thread.
#pragma once

#include "base/clock.hpp"
#include "uptime/clock_jumps.hpp"
#include "uptime/follow_ups.hpp"
#include "uptime/maintenance.hpp"
#include "uptime/monitor_state.hpp"
#include "uptime/slot.hpp"
#include "uptime/slot_schedule.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::uptime {

// One monitor, as far as time and state concern it.
struct MonitorTiming {
  std::string name;
  std::string host;  // of two monitors of one host, one plays follow-ups at a time
  Duration interval{};
  DownRule down;
  unsigned max_in_flight = 1;  // visits of slots under way at once, at least 1
  bool probe_in_maintenance = true;
};

// A visit to be played now.
struct VisitOrder {
  std::size_t monitor;
  std::optional<Slot> slot;  // nothing: out of turn
  bool follow_up = false;    // after a failure; else, without a slot, as the wall clock was set back
  bool in_maintenance = false;
};

// Slots of one monitor that ended without a visit, neighbours of one kind.
struct UnplayedSlots {
  std::size_t monitor;
  MissedSlots slots;
  bool in_maintenance;
};

class WatchCore {
 public:
  // Called from look(), visit_ended() and start().
  struct Events {
    std::function<void(const UnplayedSlots&)> unplayed;
    std::function<void(std::size_t monitor, const MonitorState::Change&)> changed;
    std::function<void(const ClockJump&)> clock_jumped;
  };

  WatchCore(std::string location, std::vector<MonitorTiming> monitors, MaintenanceCalendar maintenance,
            std::size_t most_in_flight, Events events);

  // What is known of a monitor's slots from before this process.
  struct KnownSlots {
    Slot last;                  // the youngest that has ended
    std::vector<Slot> missing;  // before it, and have not: their visits were cut off with the process
  };
  // Before the first look. Nothing is known of a new monitor. What fell due and has not ended, ends as not running.
  void start(std::size_t monitor, const std::optional<KnownSlots>& known, const ClockReading& now);
  // A visit from the time before this process, in order: it counts for the state, and raises no event.
  void remember(std::size_t monitor, const Visit& visit, const ClockReading& now);

  // What to play now. Each order is answered by visit_ended(), later.
  std::vector<VisitOrder> look(const ClockReading& now);
  void visit_ended(const VisitOrder& order, const Visit& visit, const ClockReading& now);
  // Its slots end as paused until it is resumed.
  void pause(std::size_t monitor, bool paused) { monitors_[monitor].paused = paused; }

  // How long until look() may find something new, if no clock is set before.
  [[nodiscard]] Duration until_next(const ClockReading& now) const noexcept;
  [[nodiscard]] const MonitorState& state(std::size_t monitor) const { return monitors_[monitor].state; }

 private:
  struct Monitor {
    MonitorTiming timing;
    SlotSchedule schedule;
    MonitorState state;
    FollowUps follow_ups;
    unsigned in_flight = 0;    // of slots
    bool out_of_turn = false;  // one is under way
    bool paused = false;
  };

  void look_at(std::size_t number, const ClockReading& now, bool jumped, std::vector<VisitOrder>& orders);
  void follow_up(std::size_t number, const ClockReading& now, std::vector<VisitOrder>& orders);
  void unplayed(std::size_t number, const MissedSlots& slots);
  void changed(std::size_t number, const std::optional<MonitorState::Change>& change);
  [[nodiscard]] bool host_has_follow_up(const std::string& host) const noexcept;
  [[nodiscard]] bool in_maintenance(const Monitor& monitor, Slot slot) const;

  std::string location_;
  std::vector<Monitor> monitors_;
  MaintenanceCalendar maintenance_;
  std::size_t most_in_flight_;
  std::size_t in_flight_ = 0;
  Events events_;
  std::optional<ClockJumps> jumps_;
};

}  // namespace gelombang::uptime
