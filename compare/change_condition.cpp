#include "compare/change_condition.hpp"

#include "base/units.hpp"
#include "compare/change_verdict.hpp"
#include "metrics/thresholds/reader.hpp"

#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace gelombang {
namespace {

class Parser : private ThresholdReader {
 public:
  explicit Parser(std::string_view text) : ThresholdReader(kFailIf, text) {}

  Result<ChangeCondition> parse() {
    const auto what = read("'STEP: response_time p95 +10%' or 'all: error_rate +0.5%'");
    if (!what) return what.error();
    if (auto done = figure(); !done) return done.error();
    if (auto done = limit(); !done) return done.error();
    if (!at_end()) return fail_here("nothing after the limit");
    condition_.what = std::move(threshold_);
    return std::move(condition_);
  }

 private:
  Result<void> figure() {
    const ThresholdMetric metric = threshold_.metric;
    if (metric == ThresholdMetric::count || metric == ThresholdMetric::rate) {
      return fail("count and rate measure the load, not the target", "a duration, error_rate or served_rate");
    }
    if (threshold_.aggregate == Aggregate::min || threshold_.aggregate == Aggregate::max) {
      return fail("a single sample differs from run to run", "a percentile such as p95, or mean");
    }
    const bool percentile = threshold_.aggregate == Aggregate::percentile;
    condition_.figure = {percentile ? DurationFigure::Kind::percentile : DurationFigure::Kind::mean,
                         threshold_.quantile};
    return {};
  }

  Result<void> limit() {
    const bool served = threshold_.metric == ThresholdMetric::served_rate;
    const std::string_view expected = threshold_.is_latency() ? "a limit above 0 such as +10% or +50ms"
                                      : served                ? "percentage points below 0 such as -0.5%, at most -100%"
                                               : "percentage points above 0 such as +0.5%, at most +100%";
    const std::string_view word = here();
    if (word.empty() || word.front() != (served ? '-' : '+')) return fail_here(expected);
    if (!read_limit(word.substr(1))) return fail_here(expected);
    skip();
    return {};
  }

  bool read_limit(std::string_view word) {
    if (word.empty()) return false;
    if (word.back() != '%') {
      const auto duration = parse_duration(word);
      if (!threshold_.is_latency() || !duration || *duration <= Duration::zero()) return false;
      condition_.absolute = true;
      condition_.limit = to_seconds(*duration);
      return true;
    }
    double percent = 0;
    const char* last = word.data() + word.size() - 1;
    const auto [end, error] = std::from_chars(word.data(), last, percent, std::chars_format::fixed);
    const double most = threshold_.is_latency() ? 100'000 : 100;
    if (error != std::errc() || end != last || !(percent >= 1e-6 && percent <= most)) return false;
    condition_.limit = percent / 100;
    return true;
  }

  ChangeCondition condition_;
};

}  // namespace

Result<ChangeCondition> parse_change_condition(std::string_view text) {
  if (text.size() > 1000) return Error{"--fail-if of more than 1000 characters is refused"};
  return Parser(text).parse();
}

ConditionState judge_condition(const ChangeCondition& condition, const Change& change) {
  const bool latency = condition.what.is_latency();
  if (!(latency ? enough_samples(change, condition.figure) : enough_samples(change))) return ConditionState::no_data;
  const double limit = condition.absolute ? condition.limit / change.before : condition.limit;
  const bool worse = change.low > 0 && change.estimate >= limit;
  // A lower bound: the truth is there or above.
  if (change.before_at_least) return ConditionState::unclear;
  if (worse) return ConditionState::fail;
  if (change.after_at_least) return ConditionState::unclear;
  return change.high < limit ? ConditionState::pass : ConditionState::unclear;
}

}  // namespace gelombang
