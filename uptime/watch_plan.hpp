// A watch, ready to be played: a watch file judged against what this machine knows (zones, scenarios, accounts).
#pragma once

#include "base/result.hpp"
#include "engine/scenario/scenario.hpp"
#include "engine/scenario/watch_file.hpp"
#include "runs/target_url.hpp"
#include "uptime/maintenance.hpp"
#include "uptime/watch_core.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang::uptime {

struct PlannedMonitor {
  WatchFile::Monitor file;
  Duration timeout{};
  TargetUrl target;
  std::string shown;                 // the target, or the page of a url; may be shown
  std::optional<Scenario> scenario;  // nothing: a url
  MonitorTiming timing;
};

struct WatchPlan {
  std::string location;
  std::vector<std::string> locations;  // all of them; at least this one
  std::string zone_name;
  const date::time_zone* zone = nullptr;
  std::vector<PlannedMonitor> monitors;
  std::vector<MaintenanceWindow> maintenance;
};

// What the command line says beside the file, and wins; empty: as the file says.
struct WatchChoices {
  std::string location;
  std::string target;
};

// The timeout of a visit where none is given: 20 s, or two thirds of the interval where that is less.
Duration default_timeout(Duration every) noexcept;

// How many accounts of a pool the locations need together, so that one is there for each slot.
std::uint64_t accounts_needed(const WatchFile::Monitor& monitor, Duration timeout, std::size_t locations) noexcept;

// `load` loads the scenario of a path. The Error is one line that begins with the file's path.
Result<WatchPlan> plan_watch(const WatchFile& file, const WatchChoices& choices,
                             const std::function<Result<Scenario>(const std::string&)>& load);

}  // namespace gelombang::uptime
