#include "app/check_watch.hpp"

#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/say.hpp"
#include "base/units.hpp"
#include "engine/lua/scenario_loader.hpp"
#include "runs/prepared_run.hpp"
#include "runs/scenario_files.hpp"
#include "uptime/slo_plan.hpp"
#include "uptime/watch_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

namespace gelombang {
namespace {

// "0.1%"; in [0, 100 %).
Result<double> parse_base_rate(const std::string& text) {
  char* end = nullptr;
  const double percent = std::strtod(text.c_str(), &end);
  const bool number = !text.empty() && text.find_first_not_of("0123456789.%") == std::string::npos;
  if (!number || std::string_view(end) != "%" || !(percent < 100)) {
    return Error{fmt::format("--base-rate {}: expected a share such as 0.1%, below 100%", printable(text))};
  }
  return percent / 100;
}

std::string people_text(const uptime::PlannedMonitor& monitor, std::size_t locations) {
  if (!monitor.file.people) return "";
  const auto size = monitor.file.people->size();
  return fmt::format("  accounts    {} of a pool, each rests {}; {} needed at {} location{}\n",
                     size == 0 ? "endless" : std::to_string(size), format_duration(monitor.file.rest),
                     uptime::accounts_needed(monitor.file, monitor.timeout, locations), locations,
                     locations == 1 ? "" : "s");
}

void print_monitor(const uptime::PlannedMonitor& monitor, const uptime::WatchPlan& plan) {
  const auto& file = monitor.file;
  const auto offset = uptime::slot_offset(file.name, plan.location, file.every);
  answer("\nmonitor {}: {}\n", file.name,
         monitor.scenario ? fmt::format("{} at {}", monitor.scenario->name, monitor.shown) : monitor.shown);
  answer("  plays       every {}, {} after each slot begins; a visit may take {}\n", format_duration(file.every),
         format_duration(std::chrono::round<std::chrono::milliseconds>(offset)), format_duration(monitor.timeout));
  const bool in_row = file.down_failures == file.down_of;
  answer("  down after  {}\n", in_row
                                   ? fmt::format("{} failures in a row", file.down_failures)
                                   : fmt::format("{} failures in the last {} slots", file.down_failures, file.down_of));
  if (file.slow > Duration::zero()) answer("  degraded    above {}\n", format_duration(file.slow));
  answer("{}", people_text(monitor, plan.locations.size()));
  if (!file.probe_in_maintenance) answer("  maintenance no visits\n");
}

std::string often_text(double in_month) {
  if (std::isinf(in_month)) return "always";
  if (in_month < 0.01) return "less than 0.01";
  return in_month < 10 ? fmt::format("{:.2f}", in_month) : fmt::format("{:.0f}", in_month);
}

std::string objective_text(const WatchFile::Objective& objective) {
  if (objective.step.empty()) return fmt::format("availability {:g} %", 100 * objective.share);
  return fmt::format("{} below {} for {:g} %", objective.step, format_duration(objective.below), 100 * objective.share);
}

std::vector<uptime::BurnForecast> forecasts_of(const uptime::PlannedMonitor& monitor,
                                               const WatchFile::Objective& objective, const uptime::WatchPlan& plan,
                                               double base_rate) {
  return uptime::burn_forecasts({objective.share, monitor.file.every, static_cast<unsigned>(plan.locations.size())},
                                base_rate);
}

// An objective that nobody is ever woken for would be taken for a good one.
Result<void> check_pages(const uptime::WatchPlan& plan) {
  for (const auto& monitor : plan.monitors) {
    for (const auto& objective : monitor.file.objectives) {
      const auto forecasts = forecasts_of(monitor, objective, plan, 0);
      if (std::none_of(forecasts.begin(), forecasts.end(),
                       [](const auto& forecast) { return forecast.rule.page && forecast.can_fire; })) {
        return Error{fmt::format("monitor '{}': {}: no alert can page: expected more visits or a higher share",
                                 monitor.file.name, objective_text(objective))};
      }
    }
  }
  return {};
}

// What the alerts of the monitor's objectives see.
void print_objectives(const uptime::PlannedMonitor& monitor, const uptime::WatchPlan& plan, double base_rate) {
  for (const auto& objective : monitor.file.objectives) {
    answer("  objective   {}\n", objective_text(objective));
    answer("    {:<22}{:>10}{:>14}{:>15}{:>16}\n", "alert", "failures", "outage seen", "smallest fault",
           "false a month");
    for (const auto& forecast : forecasts_of(monitor, objective, plan, base_rate)) {
      const auto name = fmt::format("{} {:g}x over {:.0f} h", forecast.rule.page ? "page" : "ticket",
                                    forecast.rule.factor, to_seconds(forecast.rule.window) / 3600);
      if (!forecast.can_fire) {
        answer("    {:<22}never fires\n", name);
        continue;
      }
      answer("    {:<22}{:>10}{:>14}{:>13.2g} %{:>16}\n", name, forecast.failures,
             "in " + format_duration(std::chrono::round<std::chrono::seconds>(forecast.time_to_detect)),
             100 * forecast.smallest_share, often_text(forecast.false_alerts));
    }
  }
}

Result<void> check_retention(const CheckWatchOptions& options) {
  if (options.retention.empty()) return {};
  const auto retention = parse_duration(options.retention);
  if (!retention) return Error{fmt::format("--prometheus-retention: {}", retention.error().message)};
  if (*retention < uptime::kObjectiveWindow) {
    return Error{
        fmt::format("--prometheus-retention {}: objectives are judged over 30d: older figures would be missing, "
                    "and the objective look better than it is",
                    options.retention)};
  }
  return {};
}

// The scenario of a monitor lies beside the watch file, or is a shipped one.
Result<Scenario> load_monitor(const std::string& path, const ScenarioSettings& settings, PhotoStore& photos) {
  std::error_code failure;
  const bool beside = std::filesystem::exists(path, failure);
  return load_scenario(beside ? path : find_scenario(std::filesystem::path(path).filename().string()), settings,
                       photos);
}

// A single visit a minute and host needs no consent, if it only asks for a page.
void note_public_rates(const uptime::WatchPlan& plan) {
  std::map<std::string, double> per_minute;
  for (const auto& monitor : plan.monitors) {
    if (!monitor.scenario) per_minute[monitor.target.host] += 60 / to_seconds(monitor.file.every);
  }
  for (const auto& [host, rate] : per_minute) {
    if (rate > 1) {
      answer("\n{}: pages are asked for {:g} times a minute. Without the owner's consent only once is allowed.\n", host,
             rate);
    }
  }
}

// Whether an option of a load was given, which a watch does not have.
bool asks_for_load(const RunRequest& request) {
  RunRequest watch;
  watch.scenario = request.scenario;
  watch.target = request.target;
  watch.settings = request.settings;
  watch.secrets = request.secrets;
  watch.seed = request.seed;
  watch.contact = request.contact;
  watch.ca_file = request.ca_file;
  watch.insecure = request.insecure;
  watch.allow_private_network = request.allow_private_network;
  watch.session = request.session;
  return !(request == watch);
}

}  // namespace

std::optional<WatchFile> read_watch_file(const RunRequest& request) {
  const auto settings = read_settings(request, std::nullopt);
  if (!settings) return std::nullopt;
  auto file = load_watch(request.scenario, *settings);
  if (!file) return std::nullopt;
  return std::move(*file);
}

int check_watch(const WatchFile& file, const RunRequest& request, const CheckWatchOptions& options) {
  const auto refuse_because = [](const Error& error) { return refuse(ExitCause::configuration, error.message); };
  if (asks_for_load(request)) {
    return refuse(
        ExitCause::configuration,
        fmt::format("{} is a watch, which has no load: expected none of a run's options", printable(file.path)));
  }
  const auto base_rate = parse_base_rate(options.base_rate);
  if (!base_rate) return refuse_because(base_rate.error());
  if (const auto fine = check_retention(options); !fine) return refuse_because(fine.error());
  const auto settings = read_settings(request, std::nullopt);
  if (!settings) return refuse_because(settings.error());
  PhotoStore photos;
  const auto plan = uptime::plan_watch(file, {options.location, request.target},
                                       [&](const std::string& path) { return load_monitor(path, *settings, photos); });
  if (!plan) return refuse_because(plan.error());
  if (const auto fine = check_pages(*plan); !fine) {
    return refuse_because(Error{fmt::format("{}: {}", file.path, fine.error().message)});
  }
  answer("{}: {} monitor{} at {}, one of {} location{}; times in {}\n", file.path, plan->monitors.size(),
         plan->monitors.size() == 1 ? "" : "s", plan->location, plan->locations.size(),
         plan->locations.size() == 1 ? "" : "s", plan->zone_name);
  for (const auto& monitor : plan->monitors) {
    print_monitor(monitor, *plan);
    print_objectives(monitor, *plan, *base_rate);
  }
  for (const auto& window : file.maintenance) {
    answer("\nmaintenance {}, for {}\n", printable(window.when), format_duration(window.lasts));
  }
  note_public_rates(*plan);
  answer(
      "\nFalse alerts: at most so many in 30 days if {:g} % of the visits fail though all is well (--base-rate).\n"
      "Nothing was sent.\n",
      100 * *base_rate);
  return 0;
}

}  // namespace gelombang
