#include "uptime/watch_plan.hpp"

#include "base/json_writer.hpp"
#include "base/units.hpp"
#include "metrics/latency_boundaries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

namespace gelombang::uptime {
namespace {

constexpr const char* kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr Duration kShortestInterval = std::chrono::seconds(1);
constexpr Duration kLongestInterval = std::chrono::hours(24);

Result<void> choose_location(const WatchFile& file, const WatchChoices& choices, WatchPlan& plan) {
  plan.location = choices.location.empty() ? file.location : choices.location;
  if (plan.location.empty()) return Error{"no location: say location = \"jakarta-1\" or give --location"};
  const bool name = plan.location.size() <= 80 && plan.location.find_first_not_of(kNameCharacters) == std::string::npos;
  if (!name) {
    return Error{
        fmt::format("location '{}': expected a name of 1 to 80 letters, digits, _ and -", printable(plan.location))};
  }
  plan.locations = file.locations.empty() ? std::vector{plan.location} : file.locations;
  if (std::find(plan.locations.begin(), plan.locations.end(), plan.location) == plan.locations.end()) {
    return Error{fmt::format("location '{}' is none of locations: expected one of {}", plan.location,
                             fmt::join(plan.locations, ", "))};
  }
  return {};
}

Result<void> choose_zone(const WatchFile& file, WatchPlan& plan) {
  const auto zone = file.zone.empty() ? local_zone() : find_zone(file.zone);
  if (!zone) return Error{fmt::format("zone: {}", zone.error().message)};
  plan.zone = *zone;
  plan.zone_name = zone_name(**zone);
  for (const auto& window : file.maintenance) {
    auto parsed = parse_maintenance(window.when, window.lasts, *plan.zone);
    if (!parsed) return Error{fmt::format("maintenance: {}", parsed.error().message)};
    plan.maintenance.push_back(*parsed);
  }
  for (const auto& entry : file.calendar) {
    if (!parse_local_time(entry.at, *plan.zone)) {
      return Error{fmt::format("calendar: '{}' is no time; expected one such as 2026-12-04T12:00", entry.at)};
    }
  }
  return {};
}

Result<void> check_times(const WatchFile::Monitor& monitor, Duration timeout) {
  if (monitor.every < kShortestInterval || monitor.every > kLongestInterval) {
    return Error{fmt::format("every is {}: expected 1s to 24h", format_duration(monitor.every))};
  }
  if (timeout > monitor.every * monitor.max_in_flight) {
    return Error{
        fmt::format("timeout is {}, and every {}: expected at most the interval, or max_in_flight = {} visits at once",
                    format_duration(timeout), format_duration(monitor.every),
                    (timeout + monitor.every - Duration(1)) / monitor.every)};
  }
  if (monitor.slow >= timeout) {
    return Error{fmt::format("slow is {}: expected less than the timeout of {}", format_duration(monitor.slow),
                             format_duration(timeout))};
  }
  return {};
}

Result<TargetUrl> target_of(const WatchFile::Monitor& monitor, const std::string& target) {
  const bool whole = monitor.url.starts_with("http://") || monitor.url.starts_with("https://");
  if (whole) return parse_target(monitor.url);
  if (!monitor.url.empty() && monitor.url.front() != '/') {
    return Error{fmt::format("url is '{}': expected a path such as \"/\", or a whole URL", monitor.url)};
  }
  if (target.empty()) return Error{"no target: say target = \"https://...\" in the watch, or give --target"};
  return parse_target(target);
}

Result<void> check_objectives(const WatchFile::Monitor& monitor, const std::optional<Scenario>& scenario) {
  for (const auto& objective : monitor.objectives) {
    if (objective.step.empty()) continue;
    if (!scenario) return Error{fmt::format("slo: a url has no step '{}'", objective.step)};
    std::vector<std::string> names;
    for (const auto& step : scenario->catalog.steps) names.push_back(step.name);
    if (std::find(names.begin(), names.end(), objective.step) == names.end()) {
      return Error{fmt::format("slo: {} has no step '{}': expected one of {}", scenario->name, objective.step,
                               fmt::join(names, ", "))};
    }
  }
  return {};
}

Result<void> check_pool(const WatchFile::Monitor& monitor, Duration timeout, std::size_t locations) {
  if (!monitor.people || monitor.people->size() == 0) return {};
  const auto needed = accounts_needed(monitor, timeout, locations);
  if (monitor.people->size() < needed) {
    return Error{fmt::format("people: the pool has {} accounts: every {} and a rest of {} need {} at {} location{}",
                             monitor.people->size(), format_duration(monitor.every), format_duration(monitor.rest),
                             needed, locations, locations == 1 ? "" : "s")};
  }
  return {};
}

// The path of a monitor's scenario, beside the watch file.
std::string scenario_path(const std::string& watch_file, const std::string& scenario) {
  const std::filesystem::path path(scenario);
  return path.is_absolute() ? scenario : (std::filesystem::path(watch_file).parent_path() / path).string();
}

Result<PlannedMonitor> plan_monitor(const WatchFile& file, const WatchFile::Monitor& monitor, const std::string& target,
                                    const std::function<Result<Scenario>(const std::string&)>& load,
                                    std::size_t locations) {
  PlannedMonitor planned;
  planned.file = monitor;
  planned.timeout = monitor.timeout > Duration::zero() ? monitor.timeout : default_timeout(monitor.every);
  if (const auto fine = check_times(monitor, planned.timeout); !fine) return fine.error();
  auto url = target_of(monitor, target);
  if (!url) return url.error();
  planned.target = std::move(*url);
  planned.shown = planned.target.text;
  if (monitor.url.starts_with('/')) planned.shown += printable(monitor.url.substr(0, monitor.url.find_first_of("?#")));
  if (!monitor.scenario.empty()) {
    auto scenario = load(scenario_path(file.path, monitor.scenario));
    if (!scenario) return scenario.error();
    if (scenario->journeys.size() != 1) {
      return Error{fmt::format("{} has {} journeys: a monitor plays a scenario with one", scenario->path,
                               scenario->journeys.size())};
    }
    planned.scenario = std::move(*scenario);
  }
  if (const auto fine = check_objectives(monitor, planned.scenario); !fine) return fine.error();
  if (const auto fine = check_pool(monitor, planned.timeout, locations); !fine) return fine.error();
  planned.timing = {monitor.name,          planned.target.host,
                    monitor.every,         {monitor.down_failures, monitor.down_of},
                    monitor.max_in_flight, monitor.probe_in_maintenance};
  return planned;
}

}  // namespace

Duration default_timeout(Duration every) noexcept {
  return std::min<Duration>(std::chrono::seconds(20), every * 2 / 3);
}

std::uint64_t accounts_needed(const WatchFile::Monitor& monitor, Duration timeout, std::size_t locations) noexcept {
  // An account is away from the begin of its visit until it has rested after the visit's end.
  const Duration away = timeout + monitor.rest;
  const auto at_once = (away + monitor.every - Duration(1)) / monitor.every;
  return static_cast<std::uint64_t>(std::max<Duration::rep>(at_once, 1)) * locations;
}

Result<WatchPlan> plan_watch(const WatchFile& file, const WatchChoices& choices,
                             const std::function<Result<Scenario>(const std::string&)>& load) {
  const auto at_file = [&](const Error& error) { return Error{fmt::format("{}: {}", file.path, error.message)}; };
  WatchPlan plan;
  if (const auto fine = choose_location(file, choices, plan); !fine) return at_file(fine.error());
  if (const auto fine = choose_zone(file, plan); !fine) return at_file(fine.error());
  const std::string& target = choices.target.empty() ? file.target : choices.target;
  std::set<Duration> limits;
  for (const auto& monitor : file.monitors) {
    auto planned = plan_monitor(file, monitor, target, load, plan.locations.size());
    if (!planned) return at_file(Error{fmt::format("monitor '{}': {}", monitor.name, planned.error().message)});
    for (const auto& objective : monitor.objectives) {
      if (!objective.step.empty()) limits.insert(objective.below);
    }
    plan.monitors.push_back(std::move(*planned));
  }
  // Each of them becomes a boundary of all histograms.
  const std::vector<Duration> named(limits.begin(), limits.end());
  const auto boundaries = LatencyBoundaries::with(named);
  if (!boundaries) return at_file(boundaries.error());
  return plan;
}

}  // namespace gelombang::uptime
