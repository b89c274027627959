// What somebody asks of a run while it goes on, from the keyboard or through HTTP.
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
  double factor = 1;  // rate: of the planned one
  std::string to;     // jump: a phase of the load or a time of it, such as "closing" or "5m"
};

// {"action": "pause"}, {"action": "rate", "factor": 1.5}, {"action": "jump", "to": "closing"}: one line that says what
// was expected where it is none of these.
Result<SteeringRequest> parse_steering_request(std::string_view json);

// Where a load is jumped to: the start of a phase with that name, else a duration.
Result<Duration> find_moment(const Load& load, std::string_view to);
// The phase that a time of the load lies in; null where none has a name.
const LoadPhase* phase_at(const Load& load, Duration position);

}  // namespace gelombang
