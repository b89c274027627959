#include "runs/run_options.hpp"

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
#include "runs/scenario_files.hpp"
#include "runs/secret_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <set>
#include <variant>

namespace gelombang {
namespace {

// `text` as key and value; what is wrong is said without the value.
Result<std::pair<std::string, std::string>> key_and_value(const std::string& text, const char* flag) {
  const auto at = text.find('=');
  if (at == std::string::npos || at == 0) return Error{fmt::format("{}: expected key=value", flag)};
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<std::string> read_secret(const std::string& key, const std::string& source) {
  if (source.rfind("env:", 0) == 0) {
    const char* value = std::getenv(source.c_str() + 4);
    if (value == nullptr)
      return Error{fmt::format("--set-secret {}: the environment has no {}", key, source.substr(4))};
    return {boost::system::in_place_value, value};
  }
  if (source.empty() || source.front() != '@') {
    return Error{fmt::format("--set-secret {}: expected {}=@FILE or {}=env:NAME", key, key, key)};
  }
  auto value = read_secret_file(source.substr(1));
  if (value.has_error()) return Error{fmt::format("--set-secret {}: {}", key, value.error().message)};
  return value;
}

Result<ScenarioSettings> read_settings(const RunOptions& options, const std::optional<TargetUrl>& target) {
  ScenarioSettings settings;
  if (target) settings.target = target->text;
  settings.seed = options.seed ? *options.seed : random_seed();
  if (settings.seed > kSeedMask) {
    return Error{fmt::format("--seed {}: expected at most {}", settings.seed, kSeedMask)};
  }
  for (const std::string& text : options.settings) {
    auto pair = key_and_value(text, "--set");
    if (pair.has_error()) return pair.error();
    settings.values.insert_or_assign(pair.value().first, pair.value().second);
  }
  for (const std::string& text : options.secrets) {
    const auto pair = key_and_value(text, "--set-secret");
    if (pair.has_error()) return pair.error();
    const auto value = read_secret(pair.value().first, pair.value().second);
    if (value.has_error()) return value.error();
    if (value.value().size() < Redactor::kShortest) {
      return Error{fmt::format("--set-secret {}: shorter than {} characters: it could not be kept out of what is shown",
                               pair.value().first, Redactor::kShortest)};
    }
    settings.secrets[pair.value().first] = value.value();
  }
  settings.library_paths = shipped_scenario_directories();
  return settings;
}

std::string names_of(const std::vector<Load>& loads) {
  std::string names;
  for (const Load& load : loads) names += (names.empty() ? "" : ", ") + load.name;
  return names;
}

Result<Load> load_from_scenario(const RunOptions& options, const Scenario& scenario) {
  const std::string wanted = options.load.empty() ? "smoke" : options.load;
  if (scenario.loads.empty()) {
    return Error{fmt::format("{}: the scenario has no loads: give --rate and --duration, or --users and --duration",
                             scenario.path)};
  }
  if (options.load.empty() && scenario.loads.size() == 1) return scenario.loads.front();
  for (const Load& load : scenario.loads) {
    if (load.name == wanted) return load;
  }
  if (options.load.empty()) {
    return Error{fmt::format("{}: choose one of its loads with --load: {}", scenario.path, names_of(scenario.loads))};
  }
  return Error{fmt::format("{}: no load '{}': expected {}", scenario.path, options.load, names_of(scenario.loads))};
}

// Whether flags replace the scenario's loads.
bool flags_describe_load(const RunOptions& options) {
  return !options.rate.empty() || options.users || options.iterations || !options.duration.empty();
}

// The load that the flags describe, or nothing where they do not describe one.
Result<std::optional<Load>> load_from_flags(const RunOptions& options) {
  if (!flags_describe_load(options)) return std::optional<Load>();
  const Error mixture{
      "expected --rate with --duration, --users with --duration, or --users with --iterations, and no --load beside "
      "them"};
  if (!options.load.empty()) return mixture;
  Duration duration{};
  if (!options.duration.empty()) {
    const auto parsed = parse_duration(options.duration);
    if (parsed.has_error()) return Error{"--duration: " + parsed.error().message};
    if (parsed.value() == Duration::zero()) return Error{"--duration is 0: expected more"};
    duration = parsed.value();
  }
  Load load;
  if (!options.rate.empty() && !options.users && !options.iterations && duration > Duration::zero()) {
    const auto rate = parse_rate(options.rate);
    if (rate.has_error()) return Error{"--rate: " + rate.error().message};
    if (rate.value().per_second() == 0) return Error{"--rate is 0: expected more"};
    load = constant_rate_load(rate.value(), duration, false);
    load.name = "--rate " + options.rate;
  } else if (options.rate.empty() && options.users && options.iterations) {
    if (*options.users == 0 || *options.iterations == 0) return Error{"--users and --iterations: expected at least 1"};
    load = iterations_load(*options.users, *options.iterations,
                           duration > Duration::zero() ? duration : Duration(std::chrono::minutes(10)));
    load.name = fmt::format("--users {} --iterations {}", *options.users, *options.iterations);
  } else if (options.rate.empty() && options.users && duration > Duration::zero()) {
    if (*options.users == 0) return Error{"--users is 0: expected at least 1"};
    load = constant_users_load(*options.users, duration);
    load.name = fmt::format("--users {}", *options.users);
  } else {
    return mixture;
  }
  return std::optional<Load>(std::move(load));
}

Result<Load> choose_load(const RunOptions& options, const Scenario& scenario) {
  auto flags = load_from_flags(options);
  if (flags.has_error()) return flags.error();
  if (flags.value()) return *flags.value();
  return load_from_scenario(options, scenario);
}

// Of --scale and --speed.
struct Factors {
  double scale = 1;
  double speed = 1;
};

Result<Factors> read_factors(const RunOptions& options) {
  const auto scale = parse_scale(options.scale);
  if (scale.has_error()) return Error{"--scale: " + scale.error().message};
  const auto speed = parse_scale(options.speed);
  if (speed.has_error())
    return Error{fmt::format("--speed: '{}': expected a factor above 0, such as 2 or 1/2", options.speed)};
  if (speed.value() != 1 && flags_describe_load(options)) {
    return Error{
        "--speed is for a load of the scenario, which --rate, --users, --iterations and --duration replace: leave one "
        "of them out"};
  }
  return Factors{scale.value(), speed.value()};
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
    return Error{fmt::format("load '{}' would take longer than ten years: give a larger --speed", load.name)};
  }
  return result;
}

std::string user_agent(const RunOptions& options) {
  return options.contact.empty() ? fmt::format("gelombang/{}", kVersion)
                                 : fmt::format("gelombang/{} (+{})", kVersion, options.contact);
}

const PrometheusQuery* query_of(const Load& load) {
  return load.source ? std::get_if<PrometheusQuery>(&*load.source) : nullptr;
}

// What was left out of a recording is said on stderr.
Result<void> read_noted(Load& load, const RunOptions& options, ControlTraffic traffic) {
  std::vector<std::string> notes;
  const SystemClock clock;
  std::optional<ConsentGuard> guard;
  if (query_of(load) != nullptr) {
    // Without a key: a Prometheus has no consent to give.
    ConsentGuard::Options rules;
    rules.allow_private_network = options.allow_private_network;
    rules.contact = options.contact;
    rules.user_agent = traffic.user_agent;
    traffic.guard = &guard.emplace(std::move(rules), clock);
  }
  auto read = read_recording(load, traffic, notes);
  for (const std::string& note : notes) spdlog::warn("load '{}': {}", load.name, note);
  return read;
}

Result<RunPlan> make_plan(const RunOptions& options, const Scenario& scenario, ScenarioSettings settings,
                          const Factors& factors, const ControlTraffic& traffic, const HostLimits& limits,
                          Recordings recordings) {
  RunPlan plan;
  plan.scenario_path = scenario.path;
  plan.settings = std::move(settings);
  auto load = choose_load(options, scenario);
  if (load.has_error()) return load.error();
  if (query_of(load.value()) == nullptr || recordings != Recordings::files) {
    if (const auto read = read_noted(load.value(), options, traffic); read.has_error()) return read.error();
  }
  load = played(load.value(), factors);
  if (load.has_error()) return load.error();
  plan.load = std::move(load.value());
  const auto segment = parse_segment(options.segment);
  if (segment.has_error()) return Error{"--segment: " + segment.error().message};
  plan.segment = segment.value();
  plan.catch_up = scenario.catch_up;
  if (!options.catch_up.empty()) {
    const auto catch_up = parse_catch_up(options.catch_up);
    if (catch_up.has_error()) return Error{"--catch-up: " + catch_up.error().message};
    plan.catch_up = catch_up.value();
  }
  const auto graceful = parse_duration(options.graceful_stop);
  if (graceful.has_error()) return Error{"--graceful-stop: " + graceful.error().message};
  plan.graceful_stop = graceful.value();
  plan.threads = options.threads.value_or(std::min<std::uint64_t>(limits.cores, 64));
  if (plan.threads == 0 || plan.threads > 256) return Error{"--threads: expected 1 to 256"};
  plan.max_users = options.max_users.value_or(capacity_of(limits, std::chrono::seconds(10)).users);
  if (plan.max_users == 0) return Error{"--max-users is 0: expected at least 1"};
  if (!plan.load.open() && plan.load.users > plan.max_users * plan.segment.count) {
    return Error{fmt::format("the load has {} users: --max-users allows {}", plan.load.users, plan.max_users)};
  }
  plan.max_connections = limits.descriptors;
  plan.user_agent = user_agent(options);
  plan.verify_certificates = !options.insecure;
  plan.ca_file = options.ca_file;
  return plan;
}

Result<std::vector<Threshold>> read_thresholds(const RunOptions& options, const Scenario& scenario) {
  auto own = parse_thresholds(scenario.thresholds, scenario.catalog);
  if (own.has_error()) return Error{scenario.path + ": " + own.error().message};
  auto flags = parse_thresholds(options.thresholds, scenario.catalog);
  if (flags.has_error()) return Error{"--threshold: " + flags.error().message};
  std::vector<Threshold> all = std::move(own.value());
  for (Threshold& threshold : flags.value()) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const Threshold& t) { return t.expression == threshold.expression; });
    if (!known) all.push_back(std::move(threshold));
  }
  return all;
}

}  // namespace

std::uint64_t random_seed() {
  std::random_device random;
  return (std::uint64_t{random()} << 21 ^ random()) & kSeedMask;
}

void add_plan_options(CLI::App& command, RunOptions& options) {
  add_scenario_options(command, options);
  command.add_option("--load", options.load, "Which of the scenario's loads to play");
  command.add_option("--rate", options.rate,
                     "With --duration: a constant rate of arrivals, such as 50/s, in place of a load");
  command.add_option("--duration", options.duration, "How long, such as 2m");
  command.add_option("--users", options.users, "With --duration: that many users who start again when done");
  command.add_option("--iterations", options.iterations, "With --users: that many iterations in all");
  command.add_option("--scale", options.scale, "Multiplies the load, such as 1/1000")->capture_default_str();
  command.add_option("--speed", options.speed, "Plays an open load that many times faster: its times are divided")
      ->capture_default_str();
  command.add_option("--threshold", options.thresholds, "A further threshold, such as 'all: error_rate < 1%'")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--segment", options.segment, "Plays part i of n of the load, such as 2/8")->capture_default_str();
}

void add_scenario_options(CLI::App& command, RunOptions& options) {
  command.add_option("scenario", options.scenario, "A scenario file, or the name of a shipped one")->required();
  command.add_option("--target", options.target, "Base URL of the system under test");
  command.add_option("--seed", options.seed, "Makes the run reproducible (default: random, printed)");
  command.add_option("--threads", options.threads, "Worker threads (default: one for each core)");
  command.add_option("--set", options.settings, "key=value for setting(\"key\") in the scenario")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--set-secret", options.secrets, "key=@FILE or key=env:NAME for secret(\"key\"): sent, never shown")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--max-users", options.max_users,
                     "Most virtual users at once (default: what this machine allows)");
  command.add_option("--catch-up", options.catch_up,
                     "Arrivals that a stall of this machine made late: burst, capped or skip (default: what the "
                     "scenario says, else capped, at 1.2 times their rate)");
  command.add_option("--graceful-stop", options.graceful_stop, "How long what is under way at the end may take")
      ->capture_default_str();
  command.add_option("--contact", options.contact, "Who answers for this load; required beyond loopback");
  command.add_option("--ca-file", options.ca_file, "Certificate authorities to trust instead of the system's");
  command.add_flag("--insecure", options.insecure, "Does not verify certificates");
  command.add_flag("--allow-private-network", options.allow_private_network,
                   "Allows targets in private address ranges");
}

namespace {

// A journey may ask for more, so this is no error.
void warn_of_unasked(const ScenarioSettings& settings, const std::set<std::string>& asked) {
  for (const auto& [key, value] : settings.values) {
    if (asked.contains(key)) continue;
    spdlog::warn("--set {}: nothing asked for it while the scenario was read; it asks for {}", printable(key),
                 asked.empty() ? "no setting" : printable(fmt::format("{}", fmt::join(asked, ", "))));
  }
}

}  // namespace

Result<PreparedRun> prepare_run(const RunOptions& options, Recordings recordings) {
  PreparedRun run;
  run.limits = raise_and_read_host_limits();
  // It becomes part of a header.
  if (!is_header_value(options.contact)) return Error{"--contact holds control characters: expected an address"};
  if (!options.ca_file.empty() && !std::ifstream(options.ca_file)) {
    return Error{fmt::format("--ca-file {}: it cannot be read", options.ca_file)};
  }
  run.photos = std::make_unique<PhotoStore>();
  if (!options.target.empty()) {
    auto target = parse_target(options.target);
    if (target.has_error()) return target.error();
    run.target = std::move(target.value());
    run.limits.time_wait = time_wait_towards(names_loopback(run.target->host));
  }
  auto settings = read_settings(options, run.target);
  if (settings.has_error()) return settings.error();
  auto scenario = load_scenario(find_scenario(options.scenario), settings.value(), *run.photos);
  if (scenario.has_error()) return scenario.error();
  run.scenario = std::move(scenario.value());
  warn_of_unasked(settings.value(), run.scenario.settings_asked);
  ControlTraffic traffic;
  traffic.user_agent = user_agent(options);
  traffic.ca_file = options.ca_file;
  if (run.target) {
    traffic.target_host = run.target->host;
    traffic.target_port = run.target->port;
  }
  const auto factors = read_factors(options);
  if (factors.has_error()) return factors.error();
  auto plan =
      make_plan(options, run.scenario, std::move(settings.value()), factors.value(), traffic, run.limits, recordings);
  if (plan.has_error()) return plan.error();
  run.plan = std::move(plan.value());
  for (Load& load : run.scenario.loads) {
    if (load.name == run.plan.load.name) {
      if (const PrometheusQuery* query = query_of(load); query != nullptr && !run.plan.load.source)
        run.asked = query->url;
      load = run.plan.load;  // its recording is read once
      continue;
    }
    if (recordings == Recordings::played) continue;
    // What is not played need not be there.
    if (query_of(load) == nullptr) {
      if (const auto read = read_noted(load, options, traffic); read.has_error())
        spdlog::warn("{}", read.error().message);
    }
    auto as_played = load.source ? Result<Load>(load) : played(load, factors.value());
    if (as_played.has_value()) load = std::move(as_played.value());
  }
  run.users_chosen = options.max_users.has_value();
  auto thresholds = read_thresholds(options, run.scenario);
  if (thresholds.has_error()) return thresholds.error();
  run.thresholds = std::move(thresholds.value());
  const std::vector<Duration> limits = latency_limits(run.thresholds);
  auto boundaries = LatencyBoundaries::with(limits);
  if (boundaries.has_error()) return boundaries.error();
  run.layout = make_layout(run.scenario.catalog, std::move(boundaries.value()));
  return run;
}

}  // namespace gelombang
