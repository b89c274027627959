#include "uptime/monitor_state.hpp"

#include <algorithm>
#include <utility>

namespace gelombang::uptime {
namespace {

bool failed(const Visit& visit) noexcept { return visit.result == VisitResult::failure; }

// A wall clock that was set back must not turn them around.
TimeBounds between(std::optional<WallTime> after, WallTime by) noexcept {
  if (after) after = std::min(*after, by);
  return {after, by};
}

}  // namespace

std::optional<MonitorState::Change> MonitorState::add(const Visit& visit, TimePoint at) {
  if (visit.result == VisitResult::aborted) return std::nullopt;
  evidence_ = at;
  note(visit);
  if (failing()) {
    if (!incident_open()) open_incident();
    return become(Health::down, visit.ended);
  }
  if (failed(visit)) {
    // While the target was not yet up again it is down; else a first failure changes nothing.
    return incident_open() ? become(Health::down, visit.ended) : std::nullopt;
  }
  if (incident_open()) {
    if (successes_in_row_ < kUp) return std::nullopt;
    incident_->ended = row_began_;
  }
  return become(visit.result == VisitResult::degraded ? Health::degraded : Health::up, visit.ended);
}

std::optional<MonitorState::Change> MonitorState::look(TimePoint at, WallTime wall) noexcept {
  if (!evidence_ || at - *evidence_ <= kStale * interval_) return std::nullopt;
  return become(Health::unknown, wall);
}

void MonitorState::note(const Visit& visit) {
  const auto good_before = last_good_;
  if (failed(visit)) {
    if (failures_in_row_++ == 0) row_began_ = between(last_good_, visit.ended);
    successes_in_row_ = 0;
    last_failed_ = visit.started;
  } else {
    if (successes_in_row_++ == 0) row_began_ = between(last_failed_, visit.ended);
    failures_in_row_ = 0;
    last_good_ = visit.started;
  }
  if (visit.follow_up) return;
  recent_.push_back({visit, good_before});
  if (recent_.size() > rule_.of) recent_.pop_front();
}

bool MonitorState::failing() const noexcept {
  if (rule_.failures == rule_.of) return failures_in_row_ >= rule_.failures;
  return std::count_if(recent_.begin(), recent_.end(), [](const Judged& one) { return failed(one.visit); }) >=
         static_cast<std::ptrdiff_t>(rule_.failures);
}

void MonitorState::open_incident() {
  if (rule_.failures == rule_.of) {
    incident_ = Incident{row_began_, std::nullopt};
    return;
  }
  const auto first = std::find_if(recent_.begin(), recent_.end(), [](const Judged& one) { return failed(one.visit); });
  incident_ = Incident{between(first->good_before, first->visit.ended), std::nullopt};
}

std::optional<MonitorState::Change> MonitorState::become(Health health, WallTime at) noexcept {
  const Health from = std::exchange(health_, health);
  if (from == health) return std::nullopt;
  return Change{from, health, at};
}

}  // namespace gelombang::uptime
