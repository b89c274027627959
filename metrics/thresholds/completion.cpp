#include "metrics/thresholds/completion.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gelombang {
namespace {

// Errors after a status of the target: there was a response, but a wrong one or a refusal.
bool has_answer(ErrorClass error) noexcept {
  if (info(error).layer == ErrorLayer::application) return true;
  switch (error) {
    case ErrorClass::partial:
    case ErrorClass::stall:
    case ErrorClass::body_malformed:
    case ErrorClass::redirect_limit:
    case ErrorClass::too_slow: return true;
    default: return false;
  }
}

// Which thresholds have a verdict that takes into account the people who did not get through. A threshold that passed
// counts only for what it covers: "open login page: error_rate < 1%" says nothing about people who could not log in.
struct Judged {
  bool arrivals = false;  // served_rate or count: includes everybody who did not get through, in any way
  bool failures = false;  // error_rate: includes people who failed, but nobody who was cut off
};

bool covers(const Threshold& threshold, const CompletionFacts& facts) {
  if (!threshold.step) return true;
  const std::uint64_t all = std::accumulate(facts.missed_at.begin(), facts.missed_at.end(), std::uint64_t{0});
  return *threshold.step < facts.missed_at.size() && 2 * facts.missed_at[*threshold.step] > all;
}

Judged judged_by(std::span<const ThresholdResult> thresholds, const CompletionFacts& facts) {
  Judged judged;
  for (const ThresholdResult& t : thresholds) {
    if (t.verdict.state == ThresholdState::no_data) continue;
    if (t.verdict.state == ThresholdState::pass && !covers(t.threshold, facts)) continue;
    switch (t.threshold.metric) {
      case ThresholdMetric::served_rate:
      case ThresholdMetric::count: judged.arrivals = true; break;
      case ThresholdMetric::error_rate: judged.failures = true; break;
      default: break;
    }
  }
  return judged;
}

bool most(std::uint64_t part, std::uint64_t all, double limit) {
  return static_cast<double>(part) > limit * static_cast<double>(all);
}

}  // namespace

std::uint64_t answered(const ResultCounts& requests) noexcept {
  std::uint64_t n = requests[CountedResult::success];
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    if (has_answer(static_cast<ErrorClass>(i))) n += requests.by_error[i];
  }
  return n;
}

Silence unanswered(const ResultCounts& requests) noexcept {
  const std::uint64_t failed_with_answer = answered(requests) - requests[CountedResult::success];
  return {Duration::zero(), requests.failed() - std::min(requests.failed(), failed_with_answer),
          requests[CountedResult::interrupted]};
}

CompletionFacts completion_facts(const Snapshot& totals) {
  CompletionFacts facts;
  Histogram took(totals.layout()->boundaries);
  for (const StepSnapshot& step : totals.steps) {
    took.merge(step.service_time.observed);
    facts.requests += step.requests.total() - step.requests[CountedResult::own_fault];
    facts.answered += answered(step.requests);
    facts.steps += step.steps.total() - step.steps[CountedResult::own_fault];
    facts.succeeded += step.steps[CountedResult::success];
    facts.missed_at.push_back(step.steps.total() - step.steps[CountedResult::own_fault] -
                              step.steps[CountedResult::success]);
    facts.cut_off += step.people[PersonFate::interrupted];
  }
  for (const JourneySnapshot& journey : totals.journeys) {
    const std::uint64_t turned_away = journey[DropReason::users_exhausted];
    facts.visits += journey.decided() - journey.total_dropped() + turned_away;
    facts.completed += journey[Outcome::success];
    facts.left += journey.people[PersonFate::left];
    facts.cut_off += turned_away;
  }
  facts.usual = took.percentile(0.95).value_or(Duration::zero());
  return facts;
}

std::optional<Shortfall> judge_completion(const CompletionFacts& facts, std::span<const ThresholdResult> thresholds,
                                          const CompletionLimits& limits) {
  const Judged judged = judged_by(thresholds, facts);
  const std::uint64_t missed = facts.visits - std::min(facts.visits, facts.completed);
  // error_rate includes those who failed. If most of the missing people were cut off, it does not know of them.
  const bool by_visits = judged.arrivals || (judged.failures && !most(facts.cut_off, missed, 0.5));
  if (facts.requests > 0 && facts.answered == 0) {
    return Shortfall{fmt::format("none of {} requests was answered", facts.requests), by_visits};
  }
  if (facts.visits > 0 && facts.steps > 0 && facts.succeeded == 0) {
    return Shortfall{fmt::format("none of {} steps succeeded", facts.steps), by_visits};
  }
  if (most(missed, facts.visits, 1 - limits.completed)) {
    std::string text = facts.completed == 0 ? fmt::format("none of {} visits was completed", facts.visits)
                                            : fmt::format("{} of {} visits were not completed", missed, facts.visits);
    // Without this, the rest would be taken for people who got through.
    if (facts.left > 0) text += fmt::format(", {} left by choice", facts.left);
    return Shortfall{std::move(text), by_visits};
  }
  if (!facts.silence || facts.silence->lasted < std::max(limits.silence, facts.usual + limits.beyond)) {
    return std::nullopt;
  }
  const std::uint64_t asked = facts.silence->failed + facts.silence->interrupted;
  const bool long_since = to_seconds(facts.silence->lasted) >= limits.silent_share * to_seconds(facts.arrivals);
  if (asked == 0 || (asked < limits.silent_requests && !long_since)) return std::nullopt;
  return Shortfall{fmt::format("the target answered nothing in the last {}, and was asked {} times",
                               format_duration(facts.silence->lasted), asked),
                   judged.arrivals || (judged.failures && !most(facts.silence->interrupted, asked, 0.5))};
}

}  // namespace gelombang
