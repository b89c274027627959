#include "compare/comparison_words.hpp"

#include "base/json_writer.hpp"
#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

constexpr double kOutermostSeconds = 8000;  // 2 h 16 min, minus the bucket's width

bool is_latency(ThresholdMetric metric) { return metric <= ThresholdMetric::person_time; }
// Stored as the share that was not served, shown as the share that was.
bool is_served(ThresholdMetric metric) { return metric == ThresholdMetric::served_rate; }

std::string value_text(ThresholdMetric metric, double value, bool at_least) {
  if (!is_latency(metric)) return fmt::format("{:.2f} %", 100 * (is_served(metric) ? 1 - value : value));
  // kNever is counted in the outermost bucket.
  if (at_least && value >= kOutermostSeconds) return "never";
  return (at_least ? ">= " : "") + format_duration(from_seconds(value));
}

// Without a unit; a zero has no sign.
std::string signed_number(double value, int digits) {
  std::string text = fmt::format("{:+.{}f}", value, digits);
  if (text.find_first_of("123456789") == std::string::npos) text[0] = ' ';
  if (text[0] == ' ') text.erase(0, 1);
  return text;
}

std::string percent_number(double share) {
  const double percent = 100 * share;
  if (percent >= 1e6) return "> +1000000";
  return signed_number(percent, std::abs(percent) < 99.95 ? 1 : 0);
}

std::string signed_duration(double seconds) {
  return (seconds < 0 ? "-" : "+") + format_duration(from_seconds(std::abs(seconds)));
}

struct Named {
  const ComparedGroup* group;
  const ComparedFigure* figure;
};

// The figures with this verdict, the greatest change first.
std::vector<Named> with_verdict(const RunComparison& comparison, ChangeVerdict wanted) {
  std::vector<Named> found;
  for (const ComparedGroup& group : comparison.groups) {
    for (const ComparedFigure& figure : group.figures) {
      if (figure.verdict == wanted) found.push_back({&group, &figure});
    }
  }
  const auto size = [](const Named& named) {
    return named.figure->change ? std::abs(named.figure->change->estimate) : 0;
  };
  std::stable_sort(found.begin(), found.end(), [&](const Named& a, const Named& b) {
    // Figures that people feel come before figures that explain them.
    const bool a_first = a.figure->metric == ThresholdMetric::response_time;
    const bool b_first = b.figure->metric == ThresholdMetric::response_time;
    if (a_first != b_first) return a_first;
    return size(a) > size(b);
  });
  return found;
}

}  // namespace

std::string_view metric_name(ThresholdMetric metric) {
  switch (metric) {
    case ThresholdMetric::response_time: return "response_time";
    case ThresholdMetric::service_time: return "service_time";
    case ThresholdMetric::phase: return "phase";
    case ThresholdMetric::mail_delivery: return "mail_delivery";
    case ThresholdMetric::person_time: return "person_time";
    case ThresholdMetric::error_rate: return "error_rate";
    case ThresholdMetric::served_rate: return "served_rate";
    case ThresholdMetric::count: return "count";
    case ThresholdMetric::rate: return "rate";
  }
  return {};
}

std::string figure_name(const ComparedFigure& figure) {
  switch (figure.metric) {
    case ThresholdMetric::response_time: return "response " + figure.aggregate;
    case ThresholdMetric::service_time: return "service " + figure.aggregate;
    case ThresholdMetric::mail_delivery: return "mail " + figure.aggregate;
    case ThresholdMetric::person_time: return "people " + figure.aggregate;
    case ThresholdMetric::error_rate: return "errors";
    case ThresholdMetric::served_rate: return "served";
    default: return std::string(metric_name(figure.metric));
  }
}

std::string before_text(ThresholdMetric metric, const Change& change) {
  return value_text(metric, change.before, change.before_at_least);
}

std::string after_text(ThresholdMetric metric, const Change& change) {
  return value_text(metric, change.after, change.after_at_least);
}

std::string change_text(ThresholdMetric metric, const Change& change) {
  if (is_latency(metric)) return percent_number(change.estimate) + " %";
  return signed_number(100 * (is_served(metric) ? -change.estimate : change.estimate), 2) + " pt";
}

std::string interval_text(ThresholdMetric metric, const Change& change) {
  if (is_latency(metric)) return fmt::format("{} .. {} %", percent_number(change.low), percent_number(change.high));
  const bool served = is_served(metric);
  return fmt::format("{} .. {} pt", signed_number(100 * (served ? -change.high : change.low), 2),
                     signed_number(100 * (served ? -change.low : change.high), 2));
}

std::string_view verdict_text(ChangeVerdict verdict) { return kChangeVerdictNames[static_cast<std::size_t>(verdict)]; }

std::string headline(const RunComparison& comparison) {
  const ChangeVerdict verdict = comparison.verdict();
  if (comparison.through_after.shortfall && !comparison.through_before.shortfall) {
    return "WORSE: people did not get through any more: " + *comparison.through_after.shortfall;
  }
  switch (verdict) {
    case ChangeVerdict::alike: return fmt::format("ALIKE: none of {} figures has changed", comparison.looks);
    case ChangeVerdict::too_few: return "TOO FEW samples for any verdict";
    default: break;
  }
  const auto found = with_verdict(comparison, verdict);
  if (verdict == ChangeVerdict::unclear) {
    return fmt::format("UNCLEAR: no certain change in {} figures, {} may have changed: longer runs can tell",
                       comparison.looks, found.size());
  }
  const ComparedFigure& first = *found.front().figure;
  const std::string& name = found.front().group->name;
  std::string text = fmt::format("{}: {}{}{} {}", verdict == ChangeVerdict::worse ? "WORSE" : "BETTER", printable(name),
                                 name.empty() ? "" : " ", figure_name(first), change_text(first.metric, *first.change));
  if (found.size() > 1) text += fmt::format(", and {} more of {} figures", found.size() - 1, comparison.looks);
  if (verdict == ChangeVerdict::worse) {
    const std::size_t better = with_verdict(comparison, ChangeVerdict::better).size();
    if (better > 0) text += fmt::format("; {} better", better);
  }
  return text;
}

std::string shift_text(const TimeShift& shift) {
  std::vector<std::pair<std::string_view, double>> parts{{"queued", shift.queued}};
  for (std::size_t p = 0; p < kPhaseCount; ++p) parts.emplace_back(kPhaseNames[p], shift.phases[p]);
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  std::string text = fmt::format("mean response {}", signed_duration(shift.response));
  std::string_view between = ": ";
  for (const auto& [name, seconds] : parts) {
    // The other parts are noise beside the first.
    if (std::abs(seconds) < 0.1 * std::abs(parts.front().second) || seconds == 0) break;
    text += fmt::format("{}{} {}", between, name, signed_duration(seconds));
    between = ", ";
  }
  return text;
}

std::string condition_text(const ConditionResult& result) {
  static constexpr std::array<std::string_view, 4> kWords{"pass", "FAIL", "unclear", "no data"};
  std::string text = fmt::format("{:<7}  {}", kWords[static_cast<std::size_t>(result.state)],
                                 printable(result.condition.what.expression));
  if (!result.change) return text + "\n           nothing was measured in one of the runs";
  const ThresholdMetric metric = result.condition.what.metric;
  if (result.state == ConditionState::no_data) {
    return text + fmt::format("\n           {} and {} samples are too few", result.change->samples_before,
                              result.change->samples_after);
  }
  if (result.by_failures) text += "\n           so many more people failed that the figure leaves them out";
  return text + fmt::format("\n           {} to {}, {} ({})", before_text(metric, *result.change),
                            after_text(metric, *result.change), change_text(metric, *result.change),
                            interval_text(metric, *result.change));
}

}  // namespace gelombang
