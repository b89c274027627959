#include "base/json_writer.hpp"
#include "base/units.hpp"
#include "compare/comparison_output.hpp"
#include "compare/comparison_words.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) {
  json::string out(value);
  return out;
}

std::string_view state_name(RunState state) {
  switch (state) {
    case RunState::finished: return "finished";
    case RunState::under_way: return "under_way";
    case RunState::cut_off: break;
  }
  return "cut_off";
}

json::object run_of(const RunRecord& run, const GotThrough& through) {
  json::object o{{"id", text(run.id)},
                 {"state", text(state_name(run.state))},
                 {"scenario", text(run.scenario)},
                 {"load", text(run.load)},
                 {"target", text(run.target)},
                 {"version", text(run.version)},
                 {"seed", run.seed},
                 {"started_at", text(iso_time(run.started_at))},
                 {"recorded_seconds", to_seconds(run.recorded)},
                 {"verdict", nullptr},
                 {"validity", nullptr},
                 {"shortfall", nullptr}};
  if (!run.verdict.empty()) o["verdict"] = text(run.verdict);
  if (!run.validity.empty()) o["validity"] = text(run.validity);
  if (through.shortfall) o["shortfall"] = text(*through.shortfall);
  return o;
}

std::string underscored(std::string_view words) {
  std::string out(words);
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

// Rates as people read them: served_rate is the share that was served, so the ends of its interval are swapped.
void add_change(json::object& o, ThresholdMetric metric, const std::optional<Change>& change) {
  const bool latency = metric <= ThresholdMetric::person_time;
  o["unit"] = latency ? "seconds" : "ratio";
  if (!change) {
    for (const char* key : {"before", "after", "change", "low", "high"}) o[key] = nullptr;
    return;
  }
  const bool served = metric == ThresholdMetric::served_rate;
  o["before"] = served ? 1 - change->before : change->before;
  o["after"] = served ? 1 - change->after : change->after;
  o["change"] = served ? -change->estimate : change->estimate;
  o["low"] = served ? -change->high : change->low;
  o["high"] = served ? -change->low : change->high;
  o["before_at_least"] = change->before_at_least;
  o["after_at_least"] = change->after_at_least;
  o["samples_before"] = change->samples_before;
  o["samples_after"] = change->samples_after;
  o["blocks"] = change->blocks;
}

json::object shift_of(const TimeShift& shift) {
  json::object phases;
  for (std::size_t p = 0; p < kPhaseCount; ++p) phases[kPhaseNames[p]] = shift.phases[p];
  return {{"response_seconds", shift.response}, {"queued_seconds", shift.queued}, {"phases", std::move(phases)}};
}

json::array groups_of(const RunComparison& comparison) {
  json::array groups;
  for (const ComparedGroup& group : comparison.groups) {
    json::array figures;
    for (const ComparedFigure& figure : group.figures) {
      json::object o{{"metric", text(metric_name(figure.metric))}, {"aggregate", nullptr}};
      if (!figure.is_rate()) o["aggregate"] = text(figure.aggregate);
      o["verdict"] = text(underscored(verdict_text(figure.verdict)));
      add_change(o, figure.metric, figure.change);
      figures.push_back(std::move(o));
    }
    json::object o{{"name", nullptr}, {"figures", std::move(figures)}, {"mean_shift", nullptr}};
    if (!group.name.empty()) o["name"] = text(group.name);
    if (group.shift) o["mean_shift"] = shift_of(*group.shift);
    groups.push_back(std::move(o));
  }
  return groups;
}

json::array lines_of(const std::vector<std::string>& lines) {
  json::array out;
  for (const std::string& line : lines) out.push_back(text(line));
  return out;
}

}  // namespace

std::string comparison_json(const RunComparison& comparison, int exit_code) {
  json::object root{{"schema", text(kCompareSchema)},
                    {"verdict", text(underscored(verdict_text(comparison.verdict())))},
                    {"exit_code", exit_code},
                    {"before", run_of(comparison.before, comparison.through_before)},
                    {"after", run_of(comparison.after, comparison.through_after)},
                    {"stretch_seconds", nullptr},
                    {"unlike", lines_of(comparison.unlike)},
                    {"notes", lines_of(comparison.notes)},
                    {"confidence", comparison.confidence},
                    {"looks", comparison.looks}};
  if (comparison.stretch) root["stretch_seconds"] = to_seconds(*comparison.stretch);
  root["minimum_effect"] = json::object{{"relative", comparison.minimum.relative},
                                        {"seconds", comparison.minimum.seconds},
                                        {"rate", comparison.minimum.share}};
  root["groups"] = groups_of(comparison);
  json::array errors;
  for (const ComparedErrors& one : comparison.errors) {
    errors.push_back(json::object{{"class", text(name(one.error))}, {"before", one.before}, {"after", one.after}});
  }
  root["failed_steps"] = std::move(errors);
  json::array conditions;
  for (const ConditionResult& result : comparison.conditions) {
    const std::string_view state = kConditionStateNames[static_cast<std::size_t>(result.state)];
    json::object o{{"expression", text(result.condition.what.expression)},
                   {"state", text(underscored(state))},
                   {"by_failures", result.by_failures}};
    add_change(o, result.condition.what.metric, result.change);
    conditions.push_back(std::move(o));
  }
  root["conditions"] = std::move(conditions);
  return to_json_text(root);
}

}  // namespace gelombang
