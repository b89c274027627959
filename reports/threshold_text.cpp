#include "reports/threshold_text.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

namespace gelombang {
namespace {

std::string value_text(const Threshold& threshold, double value) {
  if (threshold.is_latency()) return format_duration(from_seconds(value));
  switch (threshold.metric) {
    case ThresholdMetric::count: return fmt::format("{:.0f}", value);
    case ThresholdMetric::rate: return format_rate(Rate::per_second(value));
    default: return fmt::format("{:.2f} %", value * 100);
  }
}

}  // namespace

std::string judgement_text(const Threshold& threshold, const Judgement& judgement) {
  if (!judgement.value) {
    if (judgement.samples >= threshold.min_samples) return "no data";
    return fmt::format("no data ({} samples, {} are needed)", judgement.samples, threshold.min_samples);
  }
  std::string text = fmt::format("{}{}", judgement.lower_bound ? ">= " : "", value_text(threshold, *judgement.value));
  if (judgement.state == ThresholdState::no_data) text += ", which is not enough for a verdict";
  if (judgement.within_error) text += ", within the 1.1 % that the histogram may err";
  return text;
}

std::string estimate_text(const std::optional<Estimate>& estimate) {
  if (!estimate) return "-";
  if (estimate->value >= kNever) return "never";
  return (estimate->lower_bound ? ">= " : "") + format_duration(estimate->value);
}

}  // namespace gelombang
