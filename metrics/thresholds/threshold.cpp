#include "metrics/thresholds/threshold.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang {
namespace {

constexpr std::size_t kMaximumListed = 10;

std::string full_name(const Catalog& catalog, const Catalog::Step& step) {
  return catalog.journeys[step.journey] + "/" + step.name;
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < kMaximumListed; ++i) {
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kMaximumListed) list += fmt::format(" and {} more", names.size() - kMaximumListed);
  return list;
}

Result<JourneyId> find_journey(const Catalog& catalog, const std::string& selector) {
  const auto found = std::find(catalog.journeys.begin(), catalog.journeys.end(), selector);
  if (found != catalog.journeys.end()) return static_cast<JourneyId>(found - catalog.journeys.begin());
  return Error{fmt::format("no journey is called '{}': expected 'all'{}{}", selector,
                           catalog.journeys.empty() ? "" : " or one of ", quoted_list(catalog.journeys))};
}

Result<StepId> find_step(const Catalog& catalog, const std::string& selector) {
  std::vector<std::string> matching;
  std::vector<std::string> known;
  StepId last = 0;
  for (std::size_t i = 0; i < catalog.steps.size(); ++i) {
    const Catalog::Step& step = catalog.steps[i];
    known.push_back(full_name(catalog, step));
    if (known.back() == selector) return static_cast<StepId>(i);
    if (step.name == selector) {
      matching.push_back(known.back());
      last = static_cast<StepId>(i);
    }
  }
  if (matching.size() == 1) return last;
  if (matching.empty()) {
    return Error{fmt::format("no step is called '{}': expected 'all'{}{}", selector, known.empty() ? "" : " or one of ",
                             quoted_list(known))};
  }
  return Error{fmt::format("'{}' is the name of {} steps: expected one of {}", selector, matching.size(),
                           quoted_list(matching))};
}

}  // namespace

Result<void> resolve(Threshold& threshold, const Catalog& catalog, std::string_view kind) {
  threshold.step.reset();
  threshold.journey.reset();
  if (threshold.selector == "all") return {};
  const auto fail = [&](const Error& error) {
    return Error{fmt::format("{} '{}': {}", kind, threshold.expression, error.message)};
  };
  if (threshold.metric == ThresholdMetric::person_time) {
    const auto journey = find_journey(catalog, threshold.selector);
    if (!journey) return fail(journey.error());
    threshold.journey = *journey;
    return {};
  }
  const auto step = find_step(catalog, threshold.selector);
  if (!step) return fail(step.error());
  threshold.step = *step;
  return {};
}

Result<std::vector<Threshold>> parse_thresholds(std::span<const std::string> texts, const Catalog& catalog) {
  std::vector<Threshold> thresholds;
  for (const std::string& text : texts) {
    auto parsed = parse_threshold(text);
    if (!parsed) return parsed.error();
    if (auto resolved = resolve(*parsed, catalog); !resolved) return resolved.error();
    const auto same = [&parsed](const Threshold& t) { return t.expression == parsed->expression; };
    if (std::none_of(thresholds.begin(), thresholds.end(), same)) thresholds.push_back(std::move(*parsed));
  }
  return thresholds;
}

std::vector<Duration> latency_limits(std::span<const Threshold> thresholds) {
  std::vector<Duration> limits;
  for (const Threshold& t : thresholds) {
    if (t.is_latency()) limits.emplace_back(static_cast<std::int64_t>(t.limit));
  }
  return limits;
}

std::optional<Duration> tightest_latency(std::span<const Threshold> thresholds) {
  std::optional<Duration> tightest;
  for (const Threshold& t : thresholds) {
    const bool below = t.comparison == Comparison::less || t.comparison == Comparison::less_equal;
    if (!below || (t.metric != ThresholdMetric::response_time && t.metric != ThresholdMetric::service_time)) continue;
    const Duration limit(static_cast<std::int64_t>(t.limit));
    if (!tightest || limit < *tightest) tightest = limit;
  }
  return tightest;
}

bool compare(double value, Comparison comparison, double limit) noexcept {
  switch (comparison) {
    case Comparison::less: return value < limit;
    case Comparison::less_equal: return value <= limit;
    case Comparison::greater: return value > limit;
    case Comparison::greater_equal: return value >= limit;
    case Comparison::equal: return value == limit;
    case Comparison::not_equal: return value != limit;
  }
  return false;
}

}  // namespace gelombang
