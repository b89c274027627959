#include "base/json_writer.hpp"
#include "reports/people_parts.hpp"
#include "reports/summary.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

namespace json = boost::json;

json::string text(std::string_view s) {
  json::string out(s);
  return out;
}

json::value number(const std::optional<double>& value) {
  if (!value) return nullptr;
  return *value;
}

struct NamedFigure {
  std::string_view name;
  std::optional<Estimate> DurationFigures::*figure;
};
constexpr std::array<NamedFigure, 8> kFigures{{{"min", &DurationFigures::min},
                                               {"mean", &DurationFigures::mean},
                                               {"p50", &DurationFigures::p50},
                                               {"p90", &DurationFigures::p90},
                                               {"p95", &DurationFigures::p95},
                                               {"p99", &DurationFigures::p99},
                                               {"p999", &DurationFigures::p999},
                                               {"max", &DurationFigures::max}}};

json::object to_json(const DurationFigures& figures) {
  json::object o;
  json::array bounds;
  o["count"] = figures.count;
  for (const NamedFigure& f : kFigures) {
    const auto& estimate = figures.*f.figure;
    if (!estimate) {
      o[f.name] = nullptr;
      continue;
    }
    o[f.name] = to_seconds(estimate->value);
    if (estimate->lower_bound) bounds.push_back(text(f.name));
  }
  o["lower_bounds"] = std::move(bounds);
  return o;
}

json::object errors_json(const std::array<std::uint64_t, kErrorClassCount>& errors) {
  json::object o;
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    if (errors[i] > 0) o[name(static_cast<ErrorClass>(i))] = errors[i];
  }
  return o;
}

json::object run_json(const RunFacts& run) {
  return {{"id", run.id},
          {"scenario", run.scenario},
          {"load", run.load},
          {"target", run.target},
          {"seed", run.seed},
          {"started_at", iso_time(run.started_at)},
          {"ended_at", iso_time(run.ended_at)},
          {"took_seconds", to_seconds(run.took)},
          {"version", run.version},
          {"history", run.history.empty() ? json::value(nullptr) : json::value(text(run.history))}};
}

json::object annotation_json(const Annotation& annotation) {
  return {{"at", iso_time(annotation.at)},
          {"offset_seconds", to_seconds(annotation.offset)},
          {"kind", annotation.kind},
          {"text", annotation.text}};
}

json::value catch_up_json(const RunFacts& run) {
  if (run.catch_up.empty()) return nullptr;
  return json::object{{"policy", run.catch_up}, {"late", run.generator.health.late_arrivals}};
}

json::object generator_json(const RunFacts::Generator& generator) {
  const GeneratorHealth& health = generator.health;
  return {{"cpu_seconds", generator.cpu_seconds},
          {"max_rss_bytes", generator.max_rss_bytes},
          {"threads", generator.threads},
          {"users_max", generator.users_max},
          {"cpu_share_max", health.cpu_share},
          {"worker_cpu_share_max", health.worker_cpu_share},
          {"core_busy_share_max", health.core_busy_share},
          {"steal_share_max", health.steal_share},
          {"stalls", health.stalls},
          {"stalled_seconds", to_seconds(health.stalled)},
          {"stalled_share", health.stalled_share()},
          {"longest_stall_seconds", to_seconds(health.longest_stall)},
          {"gc_seconds", to_seconds(health.gc_time)},
          {"gc_pause_max_seconds", to_seconds(health.gc_longest)},
          {"descriptors_max", health.descriptors_peak},
          {"descriptors_limit", health.descriptors_limit},
          {"ports_max", health.ports_peak},
          {"ports_limit", health.ports_limit},
          {"clock_step_seconds", to_seconds(health.clock_step)}};
}

json::object arrivals_json(const Summary::Arrivals& a, const RunFacts& run) {
  json::object dropped;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) dropped[kDropReasonNames[i]] = a.dropped[i];
  return {{"expected", a.expected},
          {"planned", a.planned},
          {"started", a.started},
          {"dropped", std::move(dropped)},
          {"catch_up", catch_up_json(run)},
          {"completed", a.completed},
          {"failed", a.failed},
          {"interrupted", a.interrupted},
          {"requested_rate", number(a.requested_rate)},
          {"achieved_rate", a.achieved_rate},
          {"served_rate", number(a.served_rate)}};
}

json::object iterations_json(const Summary::Iterations& i) {
  return {{"journey", i.journey},
          {"started", i.started},
          {"count", i.count},
          {"failed", i.failed},
          {"interrupted", i.interrupted},
          {"dropped", i.dropped},
          {"duration_seconds", to_json(i.duration)}};
}

json::object summary_step_json(const Summary::Step& s) {
  json::object phases;
  for (std::size_t p = 0; p < kPhaseCount; ++p) phases[kPhaseNames[p]] = to_json(s.phases[p]);
  return {{"journey", s.journey},
          {"name", s.name},
          {"count", s.count},
          {"failures", s.failures},
          {"censored", s.censored},
          {"own_faults", s.own_faults},
          {"error_rate", number(s.error_rate)},
          {"errors", errors_json(s.errors)},
          {"requests", s.requests},
          {"request_errors", errors_json(s.request_errors)},
          {"response_time_seconds", to_json(s.response_time)},
          {"service_time_seconds", to_json(s.service_time)},
          {"failure_time_seconds", to_json(s.failure_time)},
          {"phases", std::move(phases)},
          {"bytes_sent", s.bytes_sent},
          {"bytes_received", s.bytes_received}};
}

// Counts of the fates from `first` on.
json::object fates_json(const std::array<std::uint64_t, kPersonFateCount>& ended, PersonFate first) {
  json::object fates;
  for (auto i = static_cast<std::size_t>(first); i < kPersonFateCount; ++i) fates[kPersonFateNames[i]] = ended[i];
  return fates;
}

json::object people_json(const Summary::People& p) {
  return {{"journey", p.journey},
          {"arrived", p.arrived},
          {"ended", fates_json(p.ended, PersonFate::succeeded)},
          {"attempts", p.attempts},
          {"requests", p.requests},
          {"calm_requests", p.calm_requests},
          {"retry_amplification", number(p.amplification)},
          {"person_time_seconds", to_json(p.time)}};
}

json::object people_parts_json(const PeopleParts& p) {
  return {{"came", p.came},
          {"got_through", p.got_through},
          {"left_by_choice", p.left_by_choice},
          {"gave_up", p.gave_up},
          {"would_come_back", p.would_come_back},
          {"cut_off", p.cut_off},
          {"own_faults", p.own_faults},
          {"under_way", p.under_way}};
}

json::object funnel_json(const Summary::FunnelStep& s) {
  const StepPeople& p = s.people;
  return {{"journey", s.journey},
          {"step", s.name},
          {"reached", p.reached},
          {"succeeded", p.succeeded},
          {"lost", p[PersonFate::lost]},
          {"away", p[PersonFate::away]},
          {"interrupted", p[PersonFate::interrupted]},
          {"own_faults", p[PersonFate::own_fault]},
          {"went_on", p.went_on()},
          {"after", fates_json(p.ended_after, PersonFate::left)},
          {"lost_reasons", errors_json(p.lost)},
          {"attempts", p.attempts()},
          {"retries", p.retries},
          {"double_submits", p.double_submits},
          {"attempts_per_success", number(s.attempts_per_success)},
          {"requests", s.requests},
          {"calm_requests", p.calm_requests},
          {"retry_amplification", number(s.amplification)}};
}

json::object network_json(const Summary::Network& n) {
  return {{"name", n.name},
          {"iterations", n.iterations},
          {"failed_iterations", n.failed_iterations},
          {"requests", n.requests},
          {"failures", n.failures},
          {"error_rate", number(n.error_rate)},
          {"service_time_seconds", to_json(n.service_time)},
          {"bytes_sent", n.bytes_sent},
          {"bytes_received", n.bytes_received}};
}

json::value email_json(const std::optional<Summary::Email>& email) {
  if (!email) return nullptr;
  json::object o{{"sent", email->sent}};
  for (std::size_t i = 0; i < kMailResultCount; ++i) o[kMailResultNames[i]] = email->by_result[i];
  o["spam"] = email->spam;
  o["delivery_seconds"] = to_json(email->delivery);
  o["poll_interval_seconds"] =
      email->poll_interval ? json::value(to_seconds(*email->poll_interval)) : json::value(nullptr);
  return o;
}

json::object conformance_json(const ConformanceRow& row) {
  return {{"rule", row.rule}, {"expected", row.expected}, {"got", row.got}, {"holds", row.holds}, {"count", row.count}};
}

json::object threshold_json(const ThresholdResult& t) {
  std::string_view unit = "count";
  if (t.threshold.is_latency()) {
    unit = "seconds";
  } else if (t.threshold.metric == ThresholdMetric::rate) {
    unit = "per_second";
  } else if (t.threshold.metric != ThresholdMetric::count) {
    unit = "ratio";
  }
  const bool percentile = t.threshold.aggregate == Aggregate::percentile;
  const double scale = t.threshold.is_latency() ? 1e-9 : 1;
  return {{"expression", t.threshold.expression},
          {"selector", t.threshold.selector},
          {"metric", text(kThresholdMetricNames[static_cast<std::size_t>(t.threshold.metric)])},
          {"phase", t.threshold.metric == ThresholdMetric::phase
                        ? json::value(text(kPhaseNames[static_cast<std::size_t>(t.threshold.phase)]))
                        : json::value(nullptr)},
          {"aggregate", t.threshold.aggregate == Aggregate::none
                            ? json::value(nullptr)
                            : json::value(text(kAggregateNames[static_cast<std::size_t>(t.threshold.aggregate)]))},
          {"quantile", percentile ? json::value(t.threshold.quantile) : json::value(nullptr)},
          {"comparison", text(kComparisonNames[static_cast<std::size_t>(t.threshold.comparison)])},
          {"limit", t.threshold.limit * scale},
          {"window_seconds", t.threshold.window ? json::value(to_seconds(*t.threshold.window)) : json::value(nullptr)},
          {"after_seconds", t.threshold.after ? json::value(to_seconds(*t.threshold.after)) : json::value(nullptr)},
          {"min_samples", t.threshold.min_samples},
          {"abort", t.threshold.abort},
          {"state", text(kThresholdStateNames[static_cast<std::size_t>(t.verdict.state)])},
          {"value", number(t.verdict.value)},
          {"unit", text(unit)},
          {"lower_bound", t.verdict.lower_bound},
          {"within_error", t.verdict.within_error},
          {"samples", t.verdict.samples},
          {"allow_no_data", t.threshold.allow_no_data},
          {"failed_at_seconds", t.at ? json::value(to_seconds(*t.at)) : json::value(nullptr)}};
}

json::value script_errors_json(const Summary& summary) {
  const ScriptErrors& errors = summary.script_errors;
  json::object o{{"count", errors.count}, {"first", nullptr}};
  if (errors.first) {
    const auto step = errors.first->step;
    o["first"] =
        json::object{{"journey", summary.catalog.journeys[errors.first->journey]},
                     {"step", step ? json::value(text(summary.catalog.steps[*step].name)) : json::value(nullptr)},
                     {"text", errors.first->text}};
  }
  return o;
}

template <class List, class Function>
json::array array_of(const List& list, Function function) {
  json::array array;
  for (const auto& element : list) array.push_back(function(element));
  return array;
}

}  // namespace

std::string summary_json(const Summary& summary) {
  json::object root{{"schema", "gelombang.summary/1"}};
  root["run"] = run_json(summary.run);
  root["verdict"] = text(verdict(summary.exit_reasons));
  root["exit_code"] = exit_code(summary.exit_reasons);
  root["exit_reasons"] = array_of(summary.exit_reasons, [](const ExitReason& r) {
    return json::object{{"exit_code", static_cast<int>(r.cause)}, {"text", r.text}};
  });
  root["shortfall"] = summary.shortfall
                          ? json::value{{"text", summary.shortfall->text}, {"judged", summary.shortfall->judged}}
                          : json::value(nullptr);
  root["validity"] = json::object{
      {"state", text(kValidityStateNames[static_cast<std::size_t>(summary.validity.state)])},
      {"reasons", array_of(summary.validity.reasons, [](const std::string& r) { return json::value(r); })}};
  root["annotations"] = array_of(summary.run.annotations, annotation_json);
  root["arrivals"] = arrivals_json(summary.arrivals, summary.run);
  root["iterations"] = array_of(summary.iterations, iterations_json);
  root["schedule_lag_seconds"] = to_json(summary.schedule_lag);
  root["steps"] = array_of(summary.steps, summary_step_json);
  root["people"] = array_of(summary.people, people_json);
  root["people_total"] = people_parts_json(people_parts(summary));
  root["funnel"] = array_of(summary.funnel, funnel_json);
  root["networks"] = array_of(summary.networks, network_json);
  root["email"] = email_json(summary.email);
  root["conformance"] = array_of(summary.conformance.rows, conformance_json);
  root["conformance_reported"] = summary.conformance.reported;
  root["conformance_violated"] = summary.conformance.violated;
  root["thresholds"] = array_of(summary.thresholds, threshold_json);
  root["script_errors"] = script_errors_json(summary);
  root["generator"] = generator_json(summary.run.generator);
  return to_json_text(root);
}

}  // namespace gelombang
