// What a user asks of a run while it is played, from the keyboard or over HTTP.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/load.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

struct SteeringRequest {
  enum class Action : std::uint8_t { pause, resume, rate, jump, stop };
  Action action = Action::pause;
  double factor = 1;  // rate: multiplies the planned rate
  std::string to;     // jump: a phase or a time of the load, such as "closing" or "5m"
};

// {"action": "pause"}, {"action": "rate", "factor": 1.5}, {"action": "jump", "to": "closing"}. For any other text, an
// Error of one line that says what was expected.
Result<SteeringRequest> parse_steering_request(std::string_view json);

// The jump target: the start of the phase with that name, else a duration.
Result<Duration> find_moment(const Load& load, std::string_view to);
// The phase that contains a time of the load; null if none with a name has begun.
const LoadPhase* phase_at(const Load& load, Duration position);

}  // namespace gelombang
