#include "capacity/slo_verdict.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gelombang::capacity {
namespace {

// Below this number a share says nothing.
constexpr double kLeastSamples = 20;
constexpr double kRounding = 1e-6;  // 1 - 0.9 is a little less than 0.1
constexpr Duration kLeastPatience = std::chrono::seconds(3);

bool is_below(Comparison comparison) { return comparison == Comparison::less || comparison == Comparison::less_equal; }
bool is_above(Comparison comparison) {
  return comparison == Comparison::greater || comparison == Comparison::greater_equal;
}

// How many are certainly above the limit.
std::uint64_t above(const Histogram& histogram, Duration limit) {
  const auto boundary = histogram.boundaries().find(limit);
  return boundary ? histogram.count() - histogram.count_up_to(*boundary) : 0;
}

// The share that may go wrong, and how many did; nothing if the objective cannot be decided early.
struct Allowance {
  double share = 0;
  std::uint64_t wrong = 0;
  std::uint64_t all = 0;
};

std::optional<Allowance> allowance(const Threshold& slo, const ThresholdData& data) {
  if (slo.window) return std::nullopt;  // its worst window decides
  if (slo.metric == ThresholdMetric::error_rate && is_below(slo.comparison)) {
    return Allowance{slo.limit, data.counted, data.all};
  }
  if (slo.metric == ThresholdMetric::served_rate && is_above(slo.comparison)) {
    return Allowance{1 - slo.limit, data.all - std::min(data.counted, data.all), data.all};
  }
  if (!slo.is_latency() || !is_below(slo.comparison)) return std::nullopt;
  const CensoredHistogram& durations = data.durations;
  const Duration limit(static_cast<std::int64_t>(slo.limit));
  const std::uint64_t wrong = above(durations.observed, limit) + above(durations.censored, limit);
  const std::uint64_t all = durations.observed.count() + durations.censored.count();
  if (slo.aggregate == Aggregate::percentile) return Allowance{1 - slo.quantile, wrong, all};
  if (slo.aggregate == Aggregate::max) return Allowance{0, wrong, all};
  return std::nullopt;
}

}  // namespace

SloVerdict::SloVerdict(std::vector<Threshold> slos, const std::shared_ptr<const MetricsLayout>& layout, Duration length,
                       Duration warm_up)
    : length_(length),
      warm_up_(warm_up),
      curve_(curve_metric(slos)),
      curve_data_(layout->boundaries),
      patience_(kLeastPatience) {
  for (const Duration limit : latency_limits(slos)) patience_ = std::max(patience_, 2 * limit);
  for (Threshold& slo : slos) followed_.push_back({std::move(slo), ThresholdData(layout->boundaries), 0, {}});
}

Threshold SloVerdict::curve_metric(const std::vector<Threshold>& slos) {
  for (const Threshold& slo : slos) {
    const bool time = slo.metric == ThresholdMetric::response_time || slo.metric == ThresholdMetric::service_time;
    if (!time) continue;
    Threshold curve = slo;
    if (curve.aggregate != Aggregate::percentile) curve.quantile = 0.95;
    curve.aggregate = Aggregate::percentile;
    return curve;
  }
  return parse_threshold("all: response_time p95 < 1s").value();
}

void SloVerdict::add(const Interval& interval) {
  for (const JourneySnapshot& journey : interval.delta.journeys) {
    users_exhausted_ += journey[DropReason::users_exhausted];
    started_in_silence_ += journey.started;
  }
  silent_ += interval.end - interval.begin;
  const auto& steps = interval.delta.steps;
  if (std::any_of(steps.begin(), steps.end(), [](const StepSnapshot& step) { return step.steps.finished() > 0; })) {
    silent_ = Duration::zero();
    started_in_silence_ = 0;
  }
  const Duration middle = interval.begin + (interval.end - interval.begin) / 2;
  for (Followed& followed : followed_) {
    if (middle < followed.slo.after.value_or(Duration::zero())) continue;
    followed.data.add(followed.slo, interval.delta);
    followed.started += started(followed.slo, interval.delta);
    followed.covered += std::max(Duration::zero(), std::min(interval.end, length_) - std::min(interval.begin, length_));
  }
  if (middle >= warm_up_) curve_data_.add(curve_, interval.delta);
}

std::uint64_t SloVerdict::started(const Threshold& slo, const Snapshot& delta) {
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < delta.journeys.size(); ++j) {
    const bool concerned = slo.step      ? delta.layout()->catalog.steps[*slo.step].journey == j
                           : slo.journey ? *slo.journey == j
                                         : true;
    if (concerned) sum += delta.journeys[j].started;
  }
  return sum;
}

bool SloVerdict::broken(const Followed& followed) const {
  const auto allowed = allowance(followed.slo, followed.data);
  if (!allowed || followed.covered <= Duration::zero()) return false;
  // The expected count at the end, if samples come at the same pace. At least one for each arrival, because slow ones
  // have not been counted yet.
  const Duration judged = std::max(followed.covered, length_ - followed.slo.after.value_or(Duration::zero()));
  const auto so_far = static_cast<double>(std::max(allowed->all, followed.started));
  const double in_the_end = so_far * to_seconds(judged) / to_seconds(followed.covered);
  const double least = std::max(kLeastSamples, static_cast<double>(followed.slo.min_samples));
  return static_cast<double>(allowed->wrong) > allowed->share * std::max(in_the_end, least) + kRounding;
}

std::optional<std::string> SloVerdict::broken() const {
  if (users_exhausted_ > 0) return fmt::format("users_exhausted: {} arrivals found no free user", users_exhausted_);
  if (silent_ >= patience_ && static_cast<double>(started_in_silence_) >= kLeastSamples) {
    return fmt::format("no answer: nothing has finished for {}", format_duration(silent_));
  }
  for (const Followed& followed : followed_) {
    if (broken(followed)) return followed.slo.expression;
  }
  return std::nullopt;
}

}  // namespace gelombang::capacity
