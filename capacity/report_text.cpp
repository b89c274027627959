#include "capacity/report_text.hpp"

#include "base/json_writer.hpp"
#include "base/text_table.hpp"
#include "base/units.hpp"
#include "reports/threshold_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gelombang::capacity {
namespace {

std::string rate_text(double rate) { return format_rate(Rate::per_second(rate)); }

std::string slo_text(const ProbeResult& probe, std::size_t index) {
  if (index >= probe.slos.size()) return "-";
  const ThresholdResult& slo = probe.slos[index];
  return slo.verdict.value ? judgement_text(slo.threshold, slo.verdict) : "no data";
}

std::string verdict_cell(const ProbeResult& probe) {
  if (probe.ends_search) return "ended";
  std::string text(verdict_text(probe.verdict));
  if (probe.order.recovery) text += ", recovery";
  if (probe.cut_short) text += fmt::format(", cut at {}", format_duration(probe.took));
  return text;
}

std::string probes_text(const SearchResult& result, const std::vector<std::string>& slos, TextWidth width) {
  std::string text = "\nProbes\n";
  for (std::size_t i = 0; i < slos.size(); ++i) text += fmt::format("  SLO {}: {}\n", i + 1, printable(slos[i]));
  TextTable table("rrrr" + std::string(slos.size(), 'r') + "l");
  std::vector<std::string> head{"#", "rate", "achieved", "served"};
  for (std::size_t i = 0; i < slos.size(); ++i) head.push_back(fmt::format("SLO {}", i + 1));
  head.emplace_back("verdict");
  table.row(std::move(head));
  // The verdict says what broke; achieved is beside what was asked.
  table.may_wrap(4 + slos.size(), 14).may_leave_out({2});
  for (std::size_t i = 0; i < slos.size(); ++i) table.may_wrap(4 + i, 10);
  for (const ProbeResult& probe : result.probes) {
    const bool played = !probe.run.empty();
    std::vector<std::string> row{fmt::format("{}", probe.order.number), rate_text(probe.order.rate),
                                 played ? rate_text(probe.achieved) : "-",
                                 probe.served ? rate_text(*probe.served) : "-"};
    for (std::size_t i = 0; i < slos.size(); ++i) row.push_back(slo_text(probe, i));
    row.push_back(verdict_cell(probe));
    table.row(std::move(row));
  }
  const TextWidth beside = width ? TextWidth(*width - std::min<std::size_t>(*width, 2)) : width;
  for (const std::string& line : table.lines(beside)) text += "  " + line + "\n";
  return text;
}

// The length of a value's bar: the logarithm from `low` to `high`.
std::size_t bar_length(double value, double low, double high, std::size_t most) {
  if (high <= low) return most;
  const double share = std::log(value / low) / std::log(high / low);
  return static_cast<std::size_t>(std::lround(1 + std::clamp(share, 0.0, 1.0) * static_cast<double>(most - 1)));
}

std::string curve_text(const SearchResult& result, const Threshold& metric, const ChartStyle& style) {
  double low = HUGE_VAL;
  double high = 0;
  for (const CurveLevel& level : result.curve) {
    if (!level.figure || level.figure->value <= Duration::zero()) continue;
    low = std::min(low, to_seconds(level.figure->value));
    high = std::max(high, to_seconds(level.figure->value));
  }
  if (high == 0) return "";
  constexpr std::size_t kBesideBar = 46;  // columns of the rest of a line, at its longest
  const std::size_t most =
      std::clamp<std::size_t>(static_cast<std::size_t>(std::max(style.width, 0)), kBesideBar + 10, kBesideBar + 80) -
      kBesideBar;
  const std::string_view mark = style.unicode ? "█" : "#";
  std::string text = fmt::format("\nLatency against rate: {} p{:g}, {}; bars are logarithmic\n",
                                 metric.metric == ThresholdMetric::service_time ? "service_time" : "response_time",
                                 metric.quantile * 100, printable(metric.selector));
  for (const CurveLevel& level : result.curve) {
    std::string bar;
    std::size_t length = 0;
    if (level.figure && level.figure->value > Duration::zero()) {
      length = bar_length(to_seconds(level.figure->value), low, high, most);
    }
    for (std::size_t i = 0; i < length; ++i) bar += mark;
    const std::string counts = level.broken == 0 ? "held"
                               : level.held == 0 ? "broke"
                                                 : fmt::format("held {}, broke {}", level.held, level.broken);
    text += fmt::format("  {:>9}  {:>10}  {}{} {}{}\n", rate_text(level.point.rate), estimate_text(level.figure), bar,
                        std::string(most - length, ' '), counts, level.knee ? "  <- knee" : "");
  }
  return text;
}

std::string knee_text(const SearchResult& result) {
  for (const CurveLevel& level : result.curve) {
    if (!level.knee) continue;
    return fmt::format("Knee: {}, mean {}{}; beyond it load costs more in delay than it brings\n",
                       rate_text(level.point.rate), level.point.mean_at_least ? ">= " : "",
                       format_duration(from_seconds(level.point.mean_response)));
  }
  return "";
}

// Why the lowest broken rate broke, or else the reason of the last break.
std::string broken_by(const SearchResult& result) {
  std::string why;
  for (const ProbeResult& probe : result.probes) {
    const bool broke = probe.verdict == ProbeVerdict::broken || probe.verdict == ProbeVerdict::collapsed;
    if (!broke || probe.why.empty() || probe.ends_search) continue;
    why = probe.why;
    if (result.answer.broken && probe.order.rate == *result.answer.broken) break;
  }
  return why;
}

}  // namespace

std::string_view verdict_text(ProbeVerdict verdict) noexcept {
  switch (verdict) {
    case ProbeVerdict::held: return "held";
    case ProbeVerdict::broken: return "broken";
    case ProbeVerdict::collapsed: return "collapsed";
    case ProbeVerdict::invalid: return "invalid";
    case ProbeVerdict::no_data: break;
  }
  return "no data";
}

std::string known_text(const SearchAnswer& answer) {
  std::string text;
  if (answer.held) text = "held " + rate_text(*answer.held);
  if (answer.broken) text += (text.empty() ? "" : ", ") + ("broke at " + rate_text(*answer.broken));
  if (answer.interval) {
    text += fmt::format(", 95 % interval [{}, {}]", rate_text(answer.interval->low), rate_text(answer.interval->high));
  }
  return text;
}

std::string probe_line(const ProbeResult& probe) {
  std::string text =
      fmt::format("probe {:>2}  {:>9}  {}", probe.order.number, rate_text(probe.order.rate), verdict_cell(probe));
  if (!probe.why.empty()) text += ": " + printable(probe.why);
  return text;
}

SearchVerdict verdict_of(const SearchResult& result) {
  const SearchAnswer& answer = result.answer;
  const std::string known = known_text(answer);
  const auto failing = [](ExitCause cause, std::string text) {
    return SearchVerdict{static_cast<int>(cause), std::move(text)};
  };
  if (result.ended_by) {
    return failing(result.ended_by->cause, result.ended_by->text + (known.empty() ? "" : "; until then: " + known));
  }
  const std::string last_why = result.probes.empty() ? "" : result.probes.back().why;
  switch (answer.end) {
    case SearchEnd::found: return {0, known + "; broken: " + broken_by(result)};
    case SearchEnd::fails_at_lowest:
      return failing(ExitCause::failed, fmt::format("{} fails already at the lowest rate, {}: lower --min-rate",
                                                    broken_by(result), rate_text(answer.stopped_at)));
    case SearchEnd::never_fails:
      return failing(ExitCause::no_data,
                     fmt::format("no objective fails up to --max-rate, {}: raise it", rate_text(answer.stopped_at)));
    case SearchEnd::generator_limit:
      return failing(ExitCause::invalid_run,
                     fmt::format("the generator is the limit at {}, not the target: {}{}", rate_text(answer.stopped_at),
                                 last_why, known.empty() ? "" : "; until then: " + known));
    case SearchEnd::no_data:
      return failing(ExitCause::no_data, fmt::format("at {}: {}", rate_text(answer.stopped_at), last_why));
    case SearchEnd::not_recovered:
      return failing(
          ExitCause::failed,
          fmt::format("the target broke and does not recover at the lowest rate: {}; until then: {}", last_why, known));
    case SearchEnd::unsettled: break;
  }
  return failing(ExitCause::no_data,
                 fmt::format("unsettled after {} probes{}{}", result.probes.size(), known.empty() ? "" : ": ", known));
}

std::string result_text(const SearchResult& result, const std::vector<std::string>& slos, const Threshold& curve_metric,
                        const ChartStyle& style) {
  std::string text =
      probes_text(result, slos, style.tables) + curve_text(result, curve_metric, style) + "\n" + knee_text(result);
  const SearchVerdict verdict = verdict_of(result);
  if (verdict.exit_code == 0) {
    text += fmt::format("Answer: {}\nBroken: {}\n", known_text(result.answer), broken_by(result));
  } else {
    text += "No answer: " + verdict.text + "\n";
  }
  return text;
}

}  // namespace gelombang::capacity
