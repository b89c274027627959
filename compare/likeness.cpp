#include "compare/likeness.hpp"

#include "base/json_writer.hpp"
#include "base/units.hpp"
#include "reports/summary_view.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

namespace json = boost::json;

json::object plan_of(const RunRecord& run) {
  boost::system::error_code bad;
  json::value value = json::parse(run.plan, bad);
  return !bad && value.is_object() ? std::move(value.as_object()) : json::object();
}

std::string value_text(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr || member->is_null()) return "nothing";
  if (member->is_string()) return printable(member->as_string().c_str());
  if (member->is_number()) return fmt::format("{:.6g}", member->to_number<double>());
  return json::serialize(*member);
}

// The values of an option that may be given several times.
std::vector<std::string> option_values(const json::object& plan, std::string_view option) {
  std::vector<std::string> values;
  const json::value* words = plan.if_contains("command");
  if (words == nullptr || !words->is_array()) return values;
  const json::array& list = words->get_array();
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    if (list[i] == json::value(option) && list[i + 1].is_string()) {
      values.push_back(printable(list[i + 1].get_string().c_str()));
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + value;
  return text.empty() ? "nothing" : text;
}

// The journeys, without the choice of synthetic people.
json::array journeys_of(const json::object& plan) {
  json::array journeys = list_in(plan, "journeys");
  for (json::value& journey : journeys) {
    json::value* people = journey.get_object().if_contains("people");
    if (people == nullptr || !people->is_object()) continue;
    people->get_object().erase("seed");
    people->get_object().erase("first");
  }
  return journeys;
}

class Judge {
 public:
  Judge(const RunRecord& before, const RunRecord& after)
      : a_(before), b_(after), plan_a_(plan_of(before)), plan_b_(plan_of(after)) {}

  Likeness judge() {
    scenario();
    networks();
    load();
    generator();
    steering(a_);
    steering(b_);
    return std::move(out_);
  }

 private:
  void unlike(std::string text) { out_.unlike.push_back(std::move(text)); }
  void note(std::string text) { out_.notes.push_back(std::move(text)); }

  void scenario() {
    if (a_.scenario != b_.scenario) {
      unlike(fmt::format("the scenarios differ: '{}' and '{}'", printable(a_.scenario), printable(b_.scenario)));
    } else if (a_.scenario_sha256 != b_.scenario_sha256) {
      unlike(fmt::format("the scenario's file {} was changed in between", printable(a_.scenario_path)));
    }
    if (a_.layout != nullptr && b_.layout != nullptr && names(*a_.layout) != names(*b_.layout)) {
      unlike("their steps differ");
    }
    if (journeys_of(plan_a_) != journeys_of(plan_b_)) unlike("the weights or the people of their journeys differ");
    const auto set_a = option_values(plan_a_, "--set");
    const auto set_b = option_values(plan_b_, "--set");
    if (set_a != set_b) unlike(fmt::format("--set differs: {} and {}", joined(set_a), joined(set_b)));
  }

  void networks() {
    if (list_in(plan_a_, "networks") != list_in(plan_b_, "networks")) unlike("the networks of their people differ");
  }

  void load() {
    const json::object& load_a = object_in(plan_a_, "load");
    const json::object& load_b = object_in(plan_b_, "load");
    const std::size_t before = out_.unlike.size();
    // One rate may be written in several ways; kind, length and arrivals are compared below.
    const auto by_rate = [](const RunRecord& run) { return run.load.starts_with("--rate "); };
    if (a_.load != b_.load && !(by_rate(a_) && by_rate(b_))) {
      unlike(fmt::format("the loads differ: '{}' and '{}'", printable(a_.load), printable(b_.load)));
    }
    for (const char* key : {"kind", "length_seconds", "arrivals", "uniform", "users", "iterations"}) {
      const std::string x = value_text(load_a, key);
      const std::string y = value_text(load_b, key);
      if (x != y) unlike(fmt::format("the load's {} differs: {} and {}", key, x, y));
    }
    for (const char* key : {"segment", "catch_up"}) {
      const std::string x = value_text(plan_a_, key);
      const std::string y = value_text(plan_b_, key);
      if (x != y) unlike(fmt::format("the {} differs: {} and {}", key, x, y));
    }
    out_.same_schedule = out_.unlike.size() == before;
  }

  void generator() {
    if (a_.target != b_.target) {
      note(fmt::format("the targets differ: {} and {}", printable(a_.target), printable(b_.target)));
    }
    if (a_.version != b_.version) {
      note(fmt::format("the versions of gelombang differ: {} and {}", printable(a_.version), printable(b_.version)));
    }
    for (const char* key : {"threads", "max_users"}) {
      const std::string x = value_text(plan_a_, key);
      const std::string y = value_text(plan_b_, key);
      if (x != y) note(fmt::format("{} differs: {} and {}", key, x, y));
    }
    for (const RunRecord* run : {&a_, &b_}) {
      if (run->validity == "degraded") note(fmt::format("run {} is degraded: see its report", printable(run->id)));
    }
  }

  void steering(const RunRecord& run) {
    const auto times = std::count_if(run.annotations.begin(), run.annotations.end(),
                                     [](const Annotation& annotation) { return annotation.kind == "control"; });
    if (times == 0) return;
    unlike(fmt::format("run {} was steered by hand ({}x)", printable(run.id), times));
    out_.same_schedule = false;
  }

  static std::vector<std::string> names(const MetricsLayout& layout) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < layout.catalog.steps.size(); ++i) {
      all.push_back(layout.full_name(static_cast<StepId>(i)));
    }
    return all;
  }

  const RunRecord& a_;
  const RunRecord& b_;
  json::object plan_a_;
  json::object plan_b_;
  Likeness out_;
};

}  // namespace

Likeness likeness_of(const RunRecord& before, const RunRecord& after) { return Judge(before, after).judge(); }

bool played_out(const RunRecord& run) { return cut_short_text(run).empty(); }

std::string cut_short_text(const RunRecord& run) {
  const std::string after = format_duration(run.recorded);
  if (run.state == RunState::cut_off) {
    return fmt::format("was cut off after {}: its process was ended from outside", after);
  }
  if (run.state == RunState::under_way) return fmt::format("is still under way, {} so far", after);
  const bool stopped = std::any_of(run.annotations.begin(), run.annotations.end(),
                                   [](const Annotation& annotation) { return annotation.kind == "stop"; });
  const bool broken = run.verdict == "stopped" || run.verdict == "script_error" || run.verdict == "refused";
  if (!stopped && !broken) return {};
  return fmt::format("ended early, after {}: its verdict is {}", after, printable(run.verdict));
}

}  // namespace gelombang
