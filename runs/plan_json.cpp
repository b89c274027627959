#include "runs/plan_json.hpp"

#include "base/json_writer.hpp"
#include "engine/privacy/redactor.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) {
  json::string out(value);
  return out;
}

// The command line that does the same again, the seed included.
class CommandLine {
 public:
  void flag(std::string_view name) { words_.push_back(text(name)); }
  // Where it is not empty.
  void option(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    words_.push_back(text(name));
    words_.push_back(text(redactor_.redact(value)));
  }
  void option(std::string_view name, const std::optional<std::uint64_t>& value) {
    if (value) option(name, fmt::format("{}", *value));
  }
  // Something stood there that is not kept.
  void withheld(std::string_view name, std::string_view value) {
    if (!value.empty()) option(name, "[redacted]");
  }
  [[nodiscard]] json::array words() && { return std::move(words_); }

 private:
  Redactor redactor_;
  json::array words_{"gelombang", "run"};
};

json::array command_of(const RunOptions& options, const SessionOptions& session, const PreparedRun& run) {
  CommandLine command;
  command.flag(run.plan.scenario_path);
  command.option("--target", run.target ? run.target->text : "");
  command.option("--load", options.load);
  command.option("--rate", options.rate);
  command.option("--duration", options.duration);
  command.option("--users", options.users);
  command.option("--iterations", options.iterations);
  if (options.scale != "1") command.option("--scale", options.scale);
  if (options.speed != "1") command.option("--speed", options.speed);
  command.option("--seed", run.plan.settings.seed);
  command.option("--threads", options.threads);
  for (const std::string& setting : options.settings) command.option("--set", setting);
  for (const std::string& secret : options.secrets) command.option("--set-secret", secret);
  for (const std::string& threshold : options.thresholds) command.option("--threshold", threshold);
  command.option("--max-users", options.max_users);
  if (options.segment != "1/1") command.option("--segment", options.segment);
  command.option("--catch-up", options.catch_up);
  command.option("--graceful-stop", options.graceful_stop);
  command.option("--contact", options.contact);
  command.option("--ca-file", options.ca_file);
  if (options.insecure) command.flag("--insecure");
  if (options.allow_private_network) command.flag("--allow-private-network");
  command.option("--mailbox", session.mailbox);
  command.withheld("--mailbox-user", session.mailbox_user);
  command.option("--mailbox-password-file", session.mailbox_password_file);
  command.option("--consent-key", session.consent_key);
  if (session.skip_preflight) command.flag("--skip-preflight");
  if (session.no_early_stop) command.flag("--no-early-stop");
  return std::move(command).words();
}

json::object load_of(const Load& load) {
  json::object o{{"name", load.name}, {"kind", text(name(load.kind))}, {"length_seconds", to_seconds(load.length())}};
  if (load.open()) {
    o["arrivals"] = load.intensity.total();
    o["uniform"] = load.uniform;
  } else {
    o["users"] = load.users;
    if (load.kind == LoadKind::iterations) o["iterations"] = load.iterations;
  }
  return o;
}

json::value people_of(const Journey& journey) {
  if (!journey.people) return nullptr;
  const Feed& feed = *journey.people;
  json::object o{{"order", text(kFeederOrderNames[static_cast<std::size_t>(feed.order)])}, {"count", feed.size()}};
  if (feed.people) {
    o["seed"] = feed.people->seed;
    o["first"] = feed.people->first;
  }
  return o;
}

}  // namespace

std::string plan_json(const RunOptions& options, const SessionOptions& session, const PreparedRun& run,
                      const std::optional<SearchLink>& search) {
  const RunPlan& plan = run.plan;
  json::object root{{"command", command_of(options, session, run)}, {"load", load_of(plan.load)}};
  if (search) {
    root["find_max"] =
        json::object{{"search", search->search}, {"probe", search->number}, {"recovery", search->recovery}};
  }
  root["segment"] = fmt::format("{}/{}", plan.segment.index + 1, plan.segment.count);
  root["seed"] = plan.settings.seed;
  root["threads"] = plan.threads;
  root["max_users"] = plan.max_users;
  root["graceful_stop_seconds"] = to_seconds(plan.graceful_stop);
  if (plan.load.open()) root["catch_up"] = text(name(plan.catch_up));
  json::array thresholds;
  for (const Threshold& threshold : run.thresholds) thresholds.push_back(text(threshold.expression));
  root["thresholds"] = std::move(thresholds);
  json::array journeys;
  for (const Journey& journey : run.scenario.journeys) {
    journeys.push_back(
        json::object{{"name", journey.name}, {"weight", journey.weight}, {"people", people_of(journey)}});
  }
  root["journeys"] = std::move(journeys);
  json::array networks;
  for (const auto& [profile, weight] : run.scenario.networks) {
    networks.push_back(json::object{{"name", profile.name},
                                    {"weight", weight},
                                    {"upload_bytes_per_second", profile.upload},
                                    {"download_bytes_per_second", profile.download},
                                    {"rtt_seconds", to_seconds(profile.rtt)}});
  }
  root["networks"] = std::move(networks);
  return to_json_text(root);
}

}  // namespace gelombang
