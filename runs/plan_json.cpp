#include "runs/plan_json.hpp"

#include "base/json_writer.hpp"
#include "engine/privacy/redactor.hpp"
#include "runs/request_options.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) {
  json::string out(value);
  return out;
}

// The command line that plays the same run again, with the seed. Leaves out options that have their default value.
json::array command_of(const RunRequest& request, const PreparedRun& run) {
  RunRequest played = request;
  played.scenario = run.plan.scenario_path;
  played.target = run.target ? run.target->text : "";
  played.seed = run.plan.settings.seed;
  const Redactor redactor;
  json::array words{"gelombang", "run"};
  for (const RequestOption& option : request_options()) {
    if (option.kept == RequestOption::Kept::left_out) continue;
    const std::vector<std::string> values = option.write(played);
    if (values == option.write(RunRequest())) continue;
    for (const std::string& value : values) {
      if (option.name.front() == '-') words.push_back(text(option.name));
      if (option.takes == RequestOption::Takes::nothing) continue;
      const bool withheld = option.kept == RequestOption::Kept::withheld;
      const bool shown = !option.free_text || option.name.front() != '-';
      words.push_back(text(withheld ? "[redacted]" : shown ? value : redactor.redact(value)));
    }
  }
  return words;
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

std::string plan_json(const RunRequest& request, const PreparedRun& run, const std::optional<SearchLink>& search) {
  const RunPlan& plan = run.plan;
  json::object root{{"command", command_of(request, run)}, {"load", load_of(plan.load)}};
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
