// Splits a transfer into its six phases, by the moments that were seen.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"

#include <array>
#include <optional>

namespace gelombang {

// What was seen of one exchange. Moments are on our clock; libcurl's times count from `started`, 0: not reached.
struct PhaseMarks {
  TimePoint started{};
  TimePoint ended{};
  bool new_connection = false;
  bool looked_up = false;  // a name had to be resolved
  bool tls = false;
  Duration name_known{};
  Duration connected{};
  Duration secured{};
  std::optional<TimePoint> request_started;  // the connection was ready
  std::optional<TimePoint> sent;             // the last byte of the request was delivered
  std::optional<TimePoint> answered;         // the first header line of the final status
};

struct PhaseSplit {
  // They sum to ended - started; kNotReached if a phase did not happen.
  std::array<Duration, kPhaseCount> phases{};
  Phase reached = Phase::dns;  // the phase in which the exchange ended
};

PhaseSplit split_phases(const PhaseMarks& marks) noexcept;

}  // namespace gelombang
