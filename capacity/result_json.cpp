#include "capacity/result_json.hpp"

#include "base/json_writer.hpp"
#include "base/version.hpp"
#include "capacity/report_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string_view>

namespace gelombang::capacity {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) { return json::string(value.data(), value.size()); }

json::value or_null(const std::optional<double>& value) { return value ? json::value(*value) : json::value(nullptr); }

json::value estimate(const std::optional<Estimate>& value) {
  if (!value) return nullptr;
  return json::object{{"value", to_seconds(value->value)}, {"lower_bound", value->lower_bound}};
}

std::string_view name_of(SearchEnd end) {
  switch (end) {
    case SearchEnd::found: return "found";
    case SearchEnd::fails_at_lowest: return "fails_at_lowest";
    case SearchEnd::never_fails: return "never_fails";
    case SearchEnd::generator_limit: return "generator_limit";
    case SearchEnd::no_data: return "no_data";
    case SearchEnd::not_recovered: return "not_recovered";
    case SearchEnd::unsettled: break;
  }
  return "unsettled";
}

json::object of(const ProbeResult& probe) {
  json::array slos;
  for (const ThresholdResult& slo : probe.slos) {
    slos.push_back(json::object{{"expression", text(slo.threshold.expression)},
                                {"state", text(kThresholdStateNames[static_cast<std::size_t>(slo.verdict.state)])},
                                {"value", or_null(slo.verdict.value)},
                                {"lower_bound", slo.verdict.lower_bound}});
  }
  return json::object{
      {"number", probe.order.number},
      {"run", probe.run.empty() ? json::value(nullptr) : json::value(text(probe.run))},
      {"rate", probe.order.rate},
      {"recovery", probe.order.recovery},
      {"seed", probe.seed},
      {"verdict", probe.verdict == ProbeVerdict::no_data ? "no_data" : text(verdict_text(probe.verdict))},
      {"why", text(probe.why)},
      {"cut_short", probe.cut_short},
      {"took_seconds", to_seconds(probe.took)},
      {"achieved_rate", probe.achieved},
      {"served_rate", or_null(probe.served)},
      {"mean_seconds", estimate(probe.mean)},
      {"figure_seconds", estimate(probe.figure)},
      {"slos", std::move(slos)}};
}

json::array of(const std::vector<CurveLevel>& curve) {
  json::array levels;
  for (const CurveLevel& level : curve) {
    levels.push_back(
        json::object{{"rate", level.point.rate},
                     {"served_rate", level.point.served > 0 ? json::value(level.point.served) : json::value(nullptr)},
                     {"mean_seconds", level.point.mean_response},
                     {"mean_lower_bound", level.point.mean_at_least},
                     {"figure_seconds", estimate(level.figure)},
                     {"held", level.held},
                     {"broken", level.broken},
                     {"knee", level.knee}});
  }
  return levels;
}

}  // namespace

std::string result_json(const SearchResult& result, const SearchSettings& settings, const ProberOptions& options) {
  const SearchAnswer& answer = result.answer;
  const SearchVerdict verdict = verdict_of(result);
  json::value interval = nullptr;
  if (answer.interval) interval = json::object{{"low", answer.interval->low}, {"high", answer.interval->high}};
  json::array slos;
  for (const std::string& slo : options.slos) slos.push_back(text(slo));
  json::array probes;
  for (const ProbeResult& probe : result.probes) probes.push_back(of(probe));
  const SearchOptions& search = settings.options;
  return to_json_text(json::object{{"schema", "gelombang.find-max/1"},
                                   {"version", text(kVersion)},
                                   {"search", text(options.search)},
                                   {"scenario", text(options.run.scenario)},
                                   {"seed", options.seed},
                                   {"slos", std::move(slos)},
                                   {"settings", json::object{{"min_rate", search.min_rate},
                                                             {"max_rate", search.max_rate},
                                                             {"precision", search.precision},
                                                             {"repeat", search.repeat},
                                                             {"probe_seconds", to_seconds(settings.probe)},
                                                             {"warm_up_seconds", to_seconds(settings.warm_up)},
                                                             {"cool_down_seconds", to_seconds(settings.cool_down)}}},
                                   {"end", result.ended_by ? json::string("ended") : text(name_of(answer.end))},
                                   {"exit_code", verdict.exit_code},
                                   {"text", text(verdict.text)},
                                   {"held_rate", or_null(answer.held)},
                                   {"broken_rate", or_null(answer.broken)},
                                   {"interval_95", std::move(interval)},
                                   {"curve", of(result.curve)},
                                   {"probes", std::move(probes)}});
}

}  // namespace gelombang::capacity
