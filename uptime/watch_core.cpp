#include "uptime/watch_core.hpp"

#include <algorithm>
#include <utility>

namespace gelombang::uptime {

WatchCore::WatchCore(std::string location, std::vector<MonitorTiming> monitors, MaintenanceCalendar maintenance,
                     std::size_t most_in_flight, Events events)
    : location_(std::move(location)),
      maintenance_(std::move(maintenance)),
      most_in_flight_(most_in_flight),
      events_(std::move(events)) {
  monitors_.reserve(monitors.size());
  for (auto& timing : monitors) {
    const SlotTiming slots{timing.interval, slot_offset(timing.name, location_, timing.interval)};
    MonitorState state(timing.down, timing.interval);
    monitors_.push_back({std::move(timing), SlotSchedule(slots, WallTime()), std::move(state), {}, 0, false, false});
  }
}

void WatchCore::start(std::size_t monitor, const std::optional<KnownSlots>& known, const ClockReading& now) {
  if (!jumps_) jumps_.emplace(now);
  auto& schedule = monitors_[monitor].schedule;
  if (!known) {
    schedule = SlotSchedule(schedule.timing(), now.wall);
    return;
  }
  for (const Slot slot : known->missing) unplayed(monitor, {slot, slot, SlotOutcome::not_running});
  schedule = SlotSchedule::resume(schedule.timing(), known->last);
  if (const auto missed = schedule.missed_while_away(now.wall)) unplayed(monitor, *missed);
}

void WatchCore::remember(std::size_t monitor, const Visit& visit, const ClockReading& now) {
  monitors_[monitor].state.add(visit, now.boot - std::max(Duration::zero(), now.wall - visit.ended));
}

std::vector<VisitOrder> WatchCore::look(const ClockReading& now) {
  const auto jump = jumps_->look(now);
  if (jump && events_.clock_jumped) events_.clock_jumped(*jump);
  std::vector<VisitOrder> orders;
  for (std::size_t number = 0; number < monitors_.size(); ++number) {
    look_at(number, now, jump.has_value(), orders);
    follow_up(number, now, orders);
    changed(number, monitors_[number].state.look(now.boot, now.wall));
  }
  return orders;
}

void WatchCore::look_at(std::size_t number, const ClockReading& now, bool jumped, std::vector<VisitOrder>& orders) {
  auto& monitor = monitors_[number];
  const auto due = monitor.schedule.look(now.wall, jumped);
  if (due.missed) unplayed(number, *due.missed);
  if (due.again && !monitor.out_of_turn && !monitor.paused && in_flight_ < most_in_flight_) {
    monitor.out_of_turn = true;
    ++in_flight_;
    orders.push_back({number, std::nullopt, false, maintenance_.active(now.wall)});
  }
  if (!due.play) return;
  const auto leave_out = [&](SlotOutcome outcome) { unplayed(number, {*due.play, *due.play, outcome}); };
  const bool maintained = in_maintenance(monitor, *due.play);
  if (monitor.paused || (maintained && !monitor.timing.probe_in_maintenance)) return leave_out(SlotOutcome::paused);
  if (monitor.in_flight >= monitor.timing.max_in_flight) return leave_out(SlotOutcome::overlap);
  if (in_flight_ >= most_in_flight_) return leave_out(SlotOutcome::overload);
  ++monitor.in_flight;
  ++in_flight_;
  orders.push_back({number, due.play, false, maintained});
}

void WatchCore::follow_up(std::size_t number, const ClockReading& now, std::vector<VisitOrder>& orders) {
  auto& monitor = monitors_[number];
  const auto next = monitor.follow_ups.next();
  if (!next || *next > now.steady || monitor.paused || monitor.in_flight > 0 || monitor.out_of_turn) return;
  if (in_flight_ >= most_in_flight_ || host_has_follow_up(monitor.timing.host)) return;
  const bool maintained = maintenance_.active(now.wall);
  if (maintained && !monitor.timing.probe_in_maintenance) return;
  monitor.out_of_turn = true;
  ++in_flight_;
  orders.push_back({number, std::nullopt, true, maintained});
}

void WatchCore::visit_ended(const VisitOrder& order, const Visit& visit, const ClockReading& now) {
  auto& monitor = monitors_[order.monitor];
  --in_flight_;
  if (order.slot) {
    --monitor.in_flight;
  } else {
    monitor.out_of_turn = false;
  }
  changed(order.monitor, monitor.state.add(visit, now.boot));
  if (visit.result == VisitResult::failure) monitor.follow_ups.begin(now.steady);
  if (order.follow_up) monitor.follow_ups.played(now.steady);
  if (!monitor.state.unsettled()) monitor.follow_ups.end();
}

Duration WatchCore::until_next(const ClockReading& now) const noexcept {
  Duration least = Duration::max();
  for (const auto& monitor : monitors_) {
    least = std::min(least, monitor.schedule.next_look() - now.wall);
    const auto next = monitor.follow_ups.next();
    if (next && !monitor.paused && monitor.in_flight == 0 && !monitor.out_of_turn) {
      // Where another one of its host is under way, that visit's end is a reason to look again.
      if (!host_has_follow_up(monitor.timing.host)) least = std::min(least, *next - now.steady);
    }
  }
  return std::max(least, Duration::zero());
}

void WatchCore::unplayed(std::size_t number, const MissedSlots& slots) {
  const auto& monitor = monitors_[number];
  // Cut where maintenance begins or ends.
  for (Slot first = slots.first; first <= slots.last;) {
    const bool maintained = in_maintenance(monitor, first);
    Slot last = slots.last;
    if (!maintenance_.empty()) {
      for (last = first; last < slots.last && in_maintenance(monitor, last + 1) == maintained;) ++last;
    }
    events_.unplayed({number, {first, last, slots.outcome}, maintained});
    first = last + 1;
  }
}

void WatchCore::changed(std::size_t number, const std::optional<MonitorState::Change>& change) {
  if (change && events_.changed) events_.changed(number, *change);
}

bool WatchCore::host_has_follow_up(const std::string& host) const noexcept {
  return std::any_of(monitors_.begin(), monitors_.end(),
                     [&](const Monitor& other) { return other.out_of_turn && other.timing.host == host; });
}

bool WatchCore::in_maintenance(const Monitor& monitor, Slot slot) const {
  const auto& timing = monitor.schedule.timing();
  return maintenance_.active(slot_time(slot, timing.interval, timing.offset));
}

}  // namespace gelombang::uptime
