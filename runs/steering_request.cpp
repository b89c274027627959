#include "runs/steering_request.hpp"

#include "base/json_writer.hpp"
#include "base/units.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace gelombang {
namespace {

constexpr std::array<std::string_view, 5> kActions{"pause", "resume", "rate", "jump", "stop"};

Error wrong(std::string_view what) {
  return Error{fmt::format("{}: expected an object such as {{\"action\": \"rate\", \"factor\": 1.5}}", what)};
}

// The start of the user's text, as one line. A character cut in half at its end becomes a question mark.
std::string start_of(std::string_view text) { return printable(text.substr(0, 40)); }

// The one member that an action takes besides its name; empty if there is none.
std::string_view member_of(SteeringRequest::Action action) {
  if (action == SteeringRequest::Action::rate) return "factor";
  return action == SteeringRequest::Action::jump ? "to" : "";
}

}  // namespace

Result<SteeringRequest> parse_steering_request(std::string_view json) {
  boost::system::error_code problem;
  const boost::json::value value = boost::json::parse(json, problem);
  if (problem) return wrong("this is not JSON");
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return wrong("this is not a JSON object");
  const boost::json::value* action = object->if_contains("action");
  if (action == nullptr || !action->is_string()) return wrong("the action is missing");
  const auto* known = std::find(kActions.begin(), kActions.end(), std::string_view(action->get_string()));
  if (known == kActions.end()) {
    return Error{
        fmt::format("unknown action '{}': expected pause, resume, rate, jump or stop", start_of(action->get_string()))};
  }
  SteeringRequest request;
  request.action = static_cast<SteeringRequest::Action>(known - kActions.begin());
  const std::string_view member = member_of(request.action);
  for (const auto& [name, unused] : *object) {
    if (name != "action" && std::string_view(name) != member)
      return Error{fmt::format("{} does not take '{}'", *known, start_of(name))};
  }
  const boost::json::value* argument = member.empty() ? nullptr : object->if_contains(member);
  if (request.action == SteeringRequest::Action::rate) {
    if (argument == nullptr || !argument->is_number())
      return Error{"rate: factor is missing: expected a number such as 1.5"};
    request.factor = argument->to_number<double>();
  } else if (request.action == SteeringRequest::Action::jump) {
    if (argument == nullptr || !argument->is_string())
      return Error{"jump: to is missing: expected a phase or a time such as \"5m\""};
    request.to = argument->get_string();
  }
  return request;
}

Result<Duration> find_moment(const Load& load, std::string_view to) {
  for (const LoadPhase& phase : load.phases) {
    if (phase.name == to) return phase.start;
  }
  const auto time = parse_duration(to);
  if (time.has_value()) return *time;
  std::vector<std::string_view> names;
  for (const LoadPhase& phase : load.phases) names.push_back(phase.name);
  return Error{fmt::format("'{}' is not a phase or time of the load: expected {}{}a time such as 5m", start_of(to),
                           fmt::join(names, ", "), names.empty() ? "" : " or ")};
}

const LoadPhase* phase_at(const Load& load, Duration position) {
  const LoadPhase* last = nullptr;
  for (const LoadPhase& phase : load.phases) {
    if (phase.start <= position) last = &phase;
  }
  return last;
}

}  // namespace gelombang
