// Steers a run while it is played, on the thread that plays it. Keys (app/control_keys) and HTTP (runs/control_api)
// only ask it. Every change becomes an annotation.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load_run.hpp"
#include "runs/steering_request.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace gelombang {

class LiveControl {
 public:
  struct Hooks {
    std::function<void()> stop;  // no new arrivals, as after a first signal
    std::function<void(const std::string&)> annotate;
  };
  // All references must outlive the control.
  LiveControl(LoadRun& run, const Clock& clock, Hooks hooks);

  // Returns what was done, in words, or one line that says why not. `by` names who asked: "key" or "http".
  Result<std::string> apply(const SteeringRequest& request, std::string_view by);
  // Jumps to the next phase of the load that has a name.
  Result<std::string> jump_to_next_phase(std::string_view by);
  Result<std::string> toggle_pause(std::string_view by);
  // Multiplies the factor, within the allowed range.
  Result<std::string> change_rate(double by_factor, std::string_view by);

  // {"state", "factor", "position_seconds", "length_seconds", "phase", "phases": [{"name", "start_seconds"}],
  // "rate_asked"}
  [[nodiscard]] std::string state_json() const;
  // The difference from the plan, such as "paused" or "rate x 1.25"; empty if there is none.
  [[nodiscard]] std::string deviation() const;

 private:
  [[nodiscard]] Duration offset() const;
  Result<std::string> steer(SteeringAction action, double factor, Duration to);

  LoadRun& run_;
  const Clock& clock_;
  Hooks hooks_;
  bool stopped_ = false;
};

}  // namespace gelombang
