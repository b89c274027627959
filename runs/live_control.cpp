#include "runs/live_control.hpp"

#include "base/units.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gelombang {
namespace {

using Text = Result<std::string>;

Text done(std::string what) { return {Text::in_place_value, std::move(what)}; }

std::string factor_text(double factor) { return fmt::format("rate x {:.4g}", factor); }

}  // namespace

LiveControl::LiveControl(LoadRun& run, const Clock& clock, Hooks hooks)
    : run_(run), clock_(clock), hooks_(std::move(hooks)) {}

Duration LiveControl::offset() const { return std::max(Duration::zero(), clock_.now() - run_.epoch()); }

Result<std::string> LiveControl::steer(SteeringAction action, double factor, Duration to) {
  const auto change = run_.steer(action, factor, to, clock_.now());
  if (!change) return change.error();
  const Load& load = run_.plan().load;
  const Duration position = run_.timetable().position(change->at);
  switch (action) {
    case SteeringAction::pause: return done(fmt::format("paused at {}", format_duration(position)));
    case SteeringAction::resume: return done(fmt::format("resumed at {}", format_duration(position)));
    case SteeringAction::rate: return done(fmt::format("{} from {}", factor_text(factor), format_duration(position)));
    case SteeringAction::jump: break;
  }
  const LoadPhase* phase = phase_at(load, to);
  return done(fmt::format("jumped to {}{}", format_duration(to), phase != nullptr ? " (" + phase->name + ")" : ""));
}

Result<std::string> LiveControl::apply(const SteeringRequest& request, std::string_view by) {
  using Action = SteeringRequest::Action;
  if (stopped_) return Error{"the run is being stopped"};
  Text result = done("stopped");
  switch (request.action) {
    case Action::pause: result = steer(SteeringAction::pause, 1, {}); break;
    case Action::resume: result = steer(SteeringAction::resume, 1, {}); break;
    case Action::rate: result = steer(SteeringAction::rate, request.factor, {}); break;
    case Action::jump: {
      const auto to = find_moment(run_.plan().load, request.to);
      if (!to) return to.error();
      result = steer(SteeringAction::jump, 1, *to);
      break;
    }
    case Action::stop: stopped_ = true; break;
  }
  if (!result) return result;
  hooks_.annotate(fmt::format("{} (by {})", *result, by));
  if (stopped_) hooks_.stop();
  return result;
}

Result<std::string> LiveControl::toggle_pause(std::string_view by) {
  return apply({run_.timetable().paused() ? SteeringRequest::Action::resume : SteeringRequest::Action::pause, 1, {}},
               by);
}

Result<std::string> LiveControl::change_rate(double by_factor, std::string_view by) {
  // As many steps down as up must lead back to exactly 1, despite rounding.
  double factor = run_.timetable().factor() * by_factor;
  if (std::abs(factor - 1) < 1e-9) factor = 1;
  return apply({SteeringRequest::Action::rate, std::clamp(factor, LoadRun::kLeastFactor, LoadRun::kMostFactor), {}},
               by);
}

Result<std::string> LiveControl::jump_to_next_phase(std::string_view by) {
  const Duration position = run_.timetable().position(offset());
  for (const LoadPhase& phase : run_.plan().load.phases) {
    if (phase.start > position) return apply({SteeringRequest::Action::jump, 1, phase.name}, by);
  }
  return Error{"the load has no further phase with a name"};
}

std::string LiveControl::state_json() const {
  const Load& load = run_.plan().load;
  const Timetable& timetable = run_.timetable();
  const Duration now = offset();
  const Duration position = load.open() ? timetable.position(now) : std::min(now, load.length());
  const bool over = stopped_ || run_.cut_short() || clock_.now() >= run_.arrivals_end();
  boost::json::object state;
  state["state"] = over ? "finishing" : timetable.paused() ? "paused" : "running";
  state["factor"] = timetable.factor();
  state["position_seconds"] = to_seconds(position);
  state["length_seconds"] = to_seconds(load.length());
  const LoadPhase* phase = phase_at(load, position);
  state["phase"] = phase != nullptr ? boost::json::value(phase->name) : boost::json::value(nullptr);
  boost::json::array phases;
  for (const LoadPhase& known : load.phases)
    phases.push_back({{"name", known.name}, {"start_seconds", to_seconds(known.start)}});
  state["phases"] = std::move(phases);
  state["rate_asked"] = over ? 0.0 : timetable.at(now).per_second() / static_cast<double>(run_.plan().segment.count);
  return boost::json::serialize(state) + "\n";
}

std::string LiveControl::deviation() const {
  std::string text;
  if (run_.timetable().paused()) text = "paused";
  if (run_.timetable().factor() != 1) text += (text.empty() ? "" : ", ") + factor_text(run_.timetable().factor());
  return text;
}

}  // namespace gelombang
