#include "runs/prepared_run.hpp"

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "base/loopback.hpp"
#include "base/units.hpp"
#include "base/version.hpp"
#include "engine/lua/scenario_loader.hpp"
#include "engine/privacy/redactor.hpp"
#include "engine/scenario/preflight.hpp"
#include "metrics/layout.hpp"
#include "probes/consent/address_class.hpp"
#include "probes/consent/guard.hpp"
#include "probes/http/header_text.hpp"
#include "runs/exact_text.hpp"
#include "runs/scenario_files.hpp"
#include "runs/secret_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <variant>

namespace gelombang {
namespace {

Result<std::string> read_secret(const SecretPlace& place) {
  if (place.kind == SecretPlace::Kind::environment) {
    const char* value = std::getenv(place.name.c_str());
    if (value == nullptr) {
      return Error{fmt::format("--set-secret {}: the environment has no {}", place.key, place.name)};
    }
    return {boost::system::in_place_value, value};
  }
  auto value = read_secret_file(place.name);
  if (!value) return Error{fmt::format("--set-secret {}: {}", place.key, value.error().message)};
  return value;
}

}  // namespace

Result<ScenarioSettings> read_settings(const RunRequest& request, const std::optional<TargetUrl>& target) {
  ScenarioSettings settings;
  if (target) settings.target = target->text;
  settings.seed = request.seed ? *request.seed : random_seed();
  if (settings.seed > kSeedMask) {
    return Error{fmt::format("--seed {}: expected at most {}", settings.seed, kSeedMask)};
  }
  for (const auto& [key, value] : request.settings) settings.values.insert_or_assign(key, value);
  for (const SecretPlace& place : request.secrets) {
    const auto value = read_secret(place);
    if (!value) return value.error();
    if (value->size() < Redactor::kShortest) {
      return Error{
          fmt::format("--set-secret {}: shorter than {} characters: so short a value cannot be hidden in the output",
                      place.key, Redactor::kShortest)};
    }
    settings.secrets[place.key] = *value;
  }
  settings.library_paths = shipped_scenario_directories();
  return settings;
}

namespace {

std::string names_of(const std::vector<Load>& loads) {
  std::string names;
  for (const Load& load : loads) names += (names.empty() ? "" : ", ") + load.name;
  return names;
}

Result<Load> load_from_scenario(const RunRequest& request, const Scenario& scenario) {
  const std::string wanted = request.load.empty() ? "smoke" : request.load;
  if (scenario.loads.empty()) {
    return Error{fmt::format("{}: the scenario has no loads: give --rate and --duration, or --users and --duration",
                             scenario.path)};
  }
  if (request.load.empty() && scenario.loads.size() == 1) return scenario.loads.front();
  for (const Load& load : scenario.loads) {
    if (load.name == wanted) return load;
  }
  if (request.load.empty()) {
    return Error{fmt::format("{}: choose one of its loads with --load: {}", scenario.path, names_of(scenario.loads))};
  }
  return Error{fmt::format("{}: no load '{}': expected {}", scenario.path, request.load, names_of(scenario.loads))};
}

// Whether options replace the scenario's loads.
bool flags_describe_load(const RunRequest& request) {
  return request.rate || request.users || request.iterations || request.duration;
}

// The load that the options describe, or nothing if they describe none.
Result<std::optional<Load>> load_from_flags(const RunRequest& request) {
  if (!flags_describe_load(request)) return std::optional<Load>();
  const Error mixture{
      "expected --rate with --duration, --users with --duration, or --users with --iterations, and no --load beside "
      "them"};
  if (!request.load.empty()) return mixture;
  const Duration duration = request.duration.value_or(Duration::zero());
  if (request.duration && duration == Duration::zero()) return Error{"--duration is 0: expected more"};
  Load load;
  if (request.rate && !request.users && !request.iterations && duration > Duration::zero()) {
    if (request.rate->per_second() == 0) return Error{"--rate is 0: expected more"};
    load = constant_rate_load(*request.rate, duration, false);
    load.name = "--rate " + exact_text(*request.rate);
  } else if (!request.rate && request.users && request.iterations) {
    if (*request.users == 0 || *request.iterations == 0) return Error{"--users and --iterations: expected at least 1"};
    load = iterations_load(*request.users, *request.iterations,
                           duration > Duration::zero() ? duration : Duration(std::chrono::minutes(10)));
    load.name = fmt::format("--users {} --iterations {}", *request.users, *request.iterations);
  } else if (!request.rate && request.users && duration > Duration::zero()) {
    if (*request.users == 0) return Error{"--users is 0: expected at least 1"};
    load = constant_users_load(*request.users, duration);
    load.name = fmt::format("--users {}", *request.users);
  } else {
    return mixture;
  }
  return std::optional<Load>(std::move(load));
}

Result<Load> choose_load(const RunRequest& request, const Scenario& scenario) {
  auto flags = load_from_flags(request);
  if (!flags) return flags.error();
  if (*flags) return **flags;
  return load_from_scenario(request, scenario);
}

// Of --scale and --speed.
struct Factors {
  double scale = 1;
  double speed = 1;
};

Result<Factors> read_factors(const RunRequest& request) {
  if (request.speed != 1 && flags_describe_load(request)) {
    return Error{
        "--speed is for a load of the scenario, which --rate, --users, --iterations and --duration replace: leave one "
        "of them out"};
  }
  return Factors{request.scale, request.speed};
}

// Every arrival is drawn, one after the other, before the first is played.
constexpr double kMostArrivals = 1e9;

Result<Load> played(const Load& load, const Factors& factors) {
  if (!load.open()) {
    if (factors.speed != 1)
      return Error{fmt::format("load '{}' is {}: --speed is for loads with arrivals", load.name, name(load.kind))};
    return scaled(load, factors.scale);
  }
  Load result = sped_up(scaled(load, factors.scale), factors.speed);
  if (!(result.intensity.total() <= kMostArrivals)) {
    return Error{fmt::format("load '{}': {:.3g} arrivals are more than a run can plan ({:g}): give a smaller --scale",
                             load.name, result.intensity.total(), kMostArrivals)};
  }
  if (result.sessions && result.sessions->size() == 0) {
    return Error{fmt::format("load '{}' has no session left at this --scale: give a larger one", load.name)};
  }
  constexpr double kLongest = 3650.0 * 86400;
  if (to_seconds(result.length()) > kLongest) {
    return Error{fmt::format("load '{}' would take longer than ten years{}", load.name,
                             factors.speed < 1 ? ": give a larger --speed" : "")};
  }
  return result;
}

std::string user_agent(const RunRequest& request) {
  return request.contact.empty() ? fmt::format("gelombang/{}", kVersion)
                                 : fmt::format("gelombang/{} (+{})", kVersion, request.contact);
}

const PrometheusQuery* query_of(const Load& load) {
  return load.source ? std::get_if<PrometheusQuery>(&*load.source) : nullptr;
}

// Warns on stderr about what a recording lacks.
Result<void> read_noted(Load& load, const RunRequest& request, ControlTraffic traffic) {
  std::vector<std::string> notes;
  const SystemClock clock;
  std::optional<ConsentGuard> guard;
  if (query_of(load) != nullptr) {
    // Without a key: nobody signs a consent for a Prometheus.
    ConsentGuard::Options rules;
    rules.allow_private_network = request.allow_private_network;
    rules.contact = request.contact;
    rules.user_agent = traffic.user_agent;
    traffic.guard = &guard.emplace(std::move(rules), clock);
  }
  auto read = read_recording(load, traffic, notes);
  for (const std::string& note : notes) spdlog::warn("load '{}': {}", load.name, note);
  return read;
}

Result<RunPlan> make_plan(const RunRequest& request, const Scenario& scenario, ScenarioSettings settings,
                          const Factors& factors, const ControlTraffic& traffic, const HostLimits& limits,
                          Recordings recordings) {
  RunPlan plan;
  plan.scenario_path = scenario.path;
  plan.settings = std::move(settings);
  auto load = choose_load(request, scenario);
  if (!load) return load.error();
  if (query_of(*load) == nullptr || recordings != Recordings::files) {
    if (const auto read = read_noted(*load, request, traffic); !read) return read.error();
  }
  load = played(*load, factors);
  if (!load) return load.error();
  plan.load = std::move(*load);
  plan.segment = request.segment;
  plan.catch_up = request.catch_up.value_or(scenario.catch_up);
  plan.graceful_stop = request.graceful_stop;
  plan.threads = request.threads.value_or(std::min<std::uint64_t>(limits.cores, 64));
  if (plan.threads == 0 || plan.threads > 256) return Error{"--threads: expected 1 to 256"};
  plan.max_users = request.max_users.value_or(capacity_of(limits, std::chrono::seconds(10)).users);
  if (plan.max_users == 0) return Error{"--max-users is 0: expected at least 1"};
  if (!plan.load.open() && plan.load.users > plan.max_users * plan.segment.count) {
    return Error{fmt::format("the load has {} users: --max-users allows {}", plan.load.users, plan.max_users)};
  }
  plan.max_connections = limits.descriptors;
  plan.user_agent = user_agent(request);
  plan.verify_certificates = !request.insecure;
  plan.ca_file = request.ca_file;
  return plan;
}

Result<std::vector<Threshold>> read_thresholds(const RunRequest& request, const Scenario& scenario) {
  auto own = parse_thresholds(scenario.thresholds, scenario.catalog);
  if (!own) return Error{scenario.path + ": " + own.error().message};
  auto flags = parse_thresholds(request.thresholds, scenario.catalog);
  if (!flags) return Error{"--threshold: " + flags.error().message};
  std::vector<Threshold> all = std::move(*own);
  for (Threshold& threshold : *flags) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const Threshold& t) { return t.expression == threshold.expression; });
    if (!known) all.push_back(std::move(threshold));
  }
  return all;
}

// Not an error: a journey may ask for more settings later.
void warn_of_unasked(const ScenarioSettings& settings, const std::set<std::string>& asked) {
  for (const auto& [key, value] : settings.values) {
    if (asked.contains(key)) continue;
    spdlog::warn("--set {}: the scenario did not use it while it was loaded; it uses {}", printable(key),
                 asked.empty() ? "no setting" : printable(fmt::format("{}", fmt::join(asked, ", "))));
  }
}

}  // namespace

std::uint64_t random_seed() {
  std::random_device random;
  return (std::uint64_t{random()} << 21 ^ random()) & kSeedMask;
}

Result<PreparedRun> prepare_run(const RunRequest& request, Recordings recordings) {
  PreparedRun run;
  run.limits = raise_and_read_host_limits();
  // The contact becomes part of a header.
  if (!is_header_value(request.contact)) return Error{"--contact holds control characters: expected an address"};
  if (!request.ca_file.empty() && !std::ifstream(request.ca_file)) {
    return Error{fmt::format("--ca-file {}: it cannot be read", request.ca_file)};
  }
  run.photos = std::make_unique<PhotoStore>();
  if (!request.target.empty()) {
    auto target = parse_target(request.target);
    if (!target) return target.error();
    run.target = std::move(*target);
    run.limits.time_wait = time_wait_towards(names_loopback(run.target->host));
  }
  auto settings = read_settings(request, run.target);
  if (!settings) return settings.error();
  auto scenario = load_scenario(find_scenario(request.scenario), *settings, *run.photos);
  if (!scenario) return scenario.error();
  run.scenario = std::move(*scenario);
  warn_of_unasked(*settings, run.scenario.settings_asked);
  ControlTraffic traffic;
  traffic.user_agent = user_agent(request);
  traffic.ca_file = request.ca_file;
  if (run.target) {
    traffic.target_host = run.target->host;
    traffic.target_port = run.target->port;
  }
  const auto factors = read_factors(request);
  if (!factors) return factors.error();
  auto plan = make_plan(request, run.scenario, std::move(*settings), *factors, traffic, run.limits, recordings);
  if (!plan) return plan.error();
  run.plan = std::move(*plan);
  for (Load& load : run.scenario.loads) {
    if (load.name == run.plan.load.name) {
      if (const PrometheusQuery* query = query_of(load); query != nullptr && !run.plan.load.source)
        run.asked = query->url;
      load = run.plan.load;  // its recording is read once
      continue;
    }
    if (recordings == Recordings::played) continue;
    // A recording that is not played may be missing.
    if (query_of(load) == nullptr) {
      if (const auto read = read_noted(load, request, traffic); !read) spdlog::warn("{}", read.error().message);
    }
    auto as_played = load.source ? Result<Load>(load) : played(load, *factors);
    if (as_played.has_value()) load = std::move(*as_played);
  }
  run.users_chosen = request.max_users.has_value();
  auto thresholds = read_thresholds(request, run.scenario);
  if (!thresholds) return thresholds.error();
  run.thresholds = std::move(*thresholds);
  const std::vector<Duration> limits = latency_limits(run.thresholds);
  auto boundaries = LatencyBoundaries::with(limits);
  if (!boundaries) return boundaries.error();
  run.layout = make_layout(run.scenario.catalog, std::move(*boundaries));
  return run;
}

}  // namespace gelombang
