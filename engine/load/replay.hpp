// Where a replayed load was recorded, and how it becomes a load. A scenario only names its recording. The recording is
// read once, before the run, for the load that is played.
#pragma once

#include "base/result.hpp"
#include "engine/files/scenario_folder.hpp"
#include "engine/load/prometheus_range.hpp"
#include "engine/load/session_recording.hpp"

#include <string>
#include <variant>
#include <vector>

namespace gelombang {

struct Load;

struct RateCsvSource {
  NamedFile file;
};
struct AccessLogSource {
  NamedFile file;
  AccessLogOptions options;
};
using ReplaySource = std::variant<RateCsvSource, PrometheusQuery, AccessLogSource>;

// Gives the load its arrivals, unless it already has them. `notes` gets a line for each thing that was left out.
Result<void> read_recording(Load& load, const ControlTraffic& traffic, std::vector<std::string>& notes);

}  // namespace gelombang
