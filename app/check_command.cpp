#include "app/check_command.hpp"

#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/say.hpp"
#include "base/units.hpp"
#include "runs/fit.hpp"
#include "runs/prepared_run.hpp"
#include "runs/rate_chart.hpp"

#include <fmt/format.h>

#include <variant>

namespace gelombang {
namespace {

std::string describe(const Load& load) {
  if (load.source && std::holds_alternative<PrometheusQuery>(*load.source))
    return fmt::format("{} from Prometheus, unknown until `run` queries it", name(load.kind));
  if (load.source) return fmt::format("{}, not read", name(load.kind));
  if (load.open()) {
    return fmt::format("{} for {}, peak {}, {:.0f} arrivals expected, {}", name(load.kind),
                       format_duration(load.length()), format_rate(load.intensity.peak()), load.intensity.total(),
                       load.sessions  ? "at recorded times"
                       : load.uniform ? "uniform"
                                      : "Poisson");
  }
  if (load.kind == LoadKind::iterations) {
    return fmt::format("iterations: {} over {} users, at most {}", load.iterations, load.users,
                       format_duration(load.duration));
  }
  return fmt::format("constant_users: {} users for {}", load.users, format_duration(load.duration));
}

void draw(const Load& load) {
  if (!load.open() || load.source) return;
  const Intensity& rate = load.intensity;
  answer("{}  integral {:.1f} arrivals, peak {} at {}, mean {}\n", rate_chart(rate, chart_style()), rate.total(),
         format_rate(rate.peak()), format_duration(rate.peak_at()), format_rate(rate.mean()));
  std::vector<std::string> phases;
  for (const LoadPhase& phase : load.phases)
    phases.push_back(fmt::format("{} from {}", phase.name, format_duration(phase.start)));
  if (!phases.empty()) answer("  phases: {}\n", fmt::join(phases, ", "));
}

void print_scenario(const PreparedRun& run) {
  const Scenario& scenario = run.scenario;
  answer("{}: {}\n\n", scenario.name, scenario.description);
  for (JourneyId id = 0; id < scenario.journeys.size(); ++id) {
    const Behaviour* behaviour = scenario.behaviour_of(id);
    answer("journey {} (weight {}{})\n", scenario.journeys[id].name, scenario.journeys[id].weight,
           behaviour != nullptr ? ", behaviour " + behaviour->name : "");
    for (const Catalog::Step& step : scenario.catalog.steps) {
      if (step.journey == id) answer("  step {}\n", step.name);
    }
  }
  answer("\n");
  double weights = 0;
  for (const Network& network : scenario.networks) weights += network.weight;
  for (const auto& [profile, weight] : scenario.networks) {
    answer("network {} ({:.1f} % of the people): {} up, {} down, {} round trip\n", profile.name, 100 * weight / weights,
           format_bandwidth(profile.upload), format_bandwidth(profile.download), format_duration(profile.rtt));
  }
  for (const Load& load : scenario.loads) {
    answer("load {}: {}\n", load.name, describe(load));
    draw(load);
  }
  for (const Threshold& threshold : run.thresholds) answer("threshold {}\n", printable(threshold.expression));
}

void print_need(const PreparedRun& run, const LoadNeed& need) {
  const RunPlan& plan = run.plan;
  answer("\nThis run: {} ({}), seed {}\n", plan.load.name, describe(plan.load), plan.settings.seed);
  if (plan.segment.count > 1) answer("  segment {}/{}\n", plan.segment.index + 1, plan.segment.count);
  answer("  a visit takes {}{}\n", format_duration(need.iteration_length),
         need.length_assumed ? " (assumed: say lasts = \"40s\" in the journey to be exact)" : "");
  if (plan.load.open()) {
    answer("  arrivals    {}, {:.1f} expected\n",
           need.drawn ? fmt::format("{} planned", need.planned_iterations) : "not drawn", need.expected_iterations);
  }
  const HostLimits& limits = run.limits;
  answer("  users       {:>9} needed, {} allowed\n", need.users, plan.max_users);
  if (need.users_in_outage > need.users) {
    answer("    in outage {:>9} at most, while all try again (people.md in the manual)\n", need.users_in_outage);
  }
  answer("  descriptors {:>9} needed, {} allowed\n", need.sockets, limits.descriptors);
  answer("  local ports {:>9} needed, {} available\n", need.ports, limits.ports);
  answer("  memory      {:>9} needed, {} available\n", format_size(need.memory_bytes),
         format_size(limits.memory_bytes));
  answer("  CPU         {:>9.2f} cores needed at least, {} available\n", need.cores, limits.cores);
  const Capacity capacity = capacity_of(limits, need.iteration_length);
  answer("\nThis machine holds {} users at once ({}), or {} new ones.\n", capacity.users, capacity.bound,
         format_rate(Rate::per_second(capacity.rate)));
}

void warn_of_mail(const PreparedRun& run) {
  const Duration wait = run.scenario.longest_mail_wait;
  const Duration graceful = run.plan.graceful_stop;
  if (wait <= graceful) return;
  say("mail is waited for up to {}, but the run ends {} after its last arrival: mail requested near the end counts at "
      "most as late, never as lost; --graceful-stop {} waits for all of it\n",
      format_duration(wait), format_duration(graceful), format_duration(wait));
}

}  // namespace

int check_scenario(const ReadRequest& read, bool fetch, const CheckWatchOptions& watch) {
  if (read.problem) return refuse(ExitCause::configuration, read.problem->message);
  const auto prepared = prepare_run(read.request, fetch ? Recordings::fetched : Recordings::files);
  if (!prepared) {
    if (const auto file = read_watch_file(read.request)) return check_watch(*file, read.request, watch);
    return refuse(ExitCause::configuration, prepared.error().message);
  }
  const PreparedRun& run = *prepared;
  print_scenario(run);
  const std::string sent =
      run.asked.empty() ? "Nothing was sent." : fmt::format("One query was sent to {}.", printable(run.asked));
  if (run.plan.load.source) {
    answer("\nThis run: {} ({}), seed {}\nIt is not known whether the load fits: use --fetch. {}\n", run.plan.load.name,
           describe(run.plan.load), run.plan.settings.seed, sent);
    return 0;
  }
  const FitReport fit = fit_of(run);
  print_need(run, fit.need);
  warn_of_mail(run);
  for (const std::string& problem : fit.doubtful) say("may not fit: {}\n", problem);
  if (fit.impossible.empty()) {
    answer("{} {}\n", fit.doubtful.empty() ? "It fits." : "It may fit.", sent);
    return 0;
  }
  for (const std::string& problem : fit.impossible) say("does not fit: {}\n", problem);
  return refuse(ExitCause::configuration, "the load does not fit this machine or its feeds");
}

}  // namespace gelombang
