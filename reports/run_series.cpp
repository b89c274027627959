#include "reports/run_series.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

// Memory and drawing work grow with steps times points.
std::size_t points_for(std::size_t steps) {
  constexpr std::size_t kStepPoints = 7200;
  const std::size_t fit = kStepPoints / std::max<std::size_t>(steps, 1);
  return std::clamp(fit / 2 * 2, RunSeries::kFewestPoints, RunSeries::kMostPoints);
}

}  // namespace

RunSeries::Step::Step(const std::shared_ptr<const LatencyBoundaries>& boundaries)
    : response_time(boundaries), service_time(boundaries), under_way{Histogram(boundaries), Histogram(boundaries)} {}

void RunSeries::Step::set_under_way(const UnderWay::Step& now) { under_way = now; }

CensoredHistogram RunSeries::Step::response() const {
  CensoredHistogram both = response_time;
  both.censored.merge(under_way.response_time);
  return both;
}

CensoredHistogram RunSeries::Step::service() const {
  CensoredHistogram both = service_time;
  both.censored.merge(under_way.service_time);
  return both;
}

void RunSeries::Step::add(const StepSnapshot& delta) {
  counts.merge(delta.steps);
  response_time.merge(delta.response_time);
  service_time.merge(delta.service_time);
  for (std::size_t p = 0; p < kPhaseCount; ++p) phase_nanoseconds[p] += delta.phases[p].sum_nanoseconds();
  requests += delta.requests[CountedResult::success];
}

void RunSeries::Step::merge(const Step& other) {
  counts.merge(other.counts);
  response_time.merge(other.response_time);
  service_time.merge(other.service_time);
  for (std::size_t p = 0; p < kPhaseCount; ++p) phase_nanoseconds[p] += other.phase_nanoseconds[p];
  requests += other.requests;
}

RunSeries::Point::Point(const MetricsLayout& layout, Duration from)
    : begin(from),
      end(from),
      schedule_lag(layout.boundaries),
      steps(layout.catalog.steps.size(), Step(layout.boundaries)) {}

void RunSeries::Point::merge(const Point& other) {
  end = std::max(end, other.end);
  asked += other.asked;
  started += other.started;
  completed += other.completed;
  failed += other.failed;
  dropped += other.dropped;
  for (std::size_t i = 0; i < users.size(); ++i) users[i] = std::max(users[i], other.users[i]);
  schedule_lag.merge(other.schedule_lag);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].merge(other.steps[i]);
    steps[i].set_under_way(other.steps[i].under_way);  // `other` is the later one
  }
}

RunSeries::RunSeries(std::shared_ptr<const MetricsLayout> layout, std::size_t most)
    : layout_(std::move(layout)), most_(most > 0 ? most : points_for(layout_->catalog.steps.size())) {}

void RunSeries::halve() {
  const std::size_t half = points_.size() / 2;
  for (std::size_t i = 0; i < half; ++i) {
    points_[2 * i].merge(points_[2 * i + 1]);
    if (i > 0) points_[i] = std::move(points_[2 * i]);
  }
  points_.erase(points_.begin() + static_cast<std::ptrdiff_t>(half), points_.end());
  stride_ *= 2;
  ++generation_;
}

void RunSeries::add(const Interval& interval) {
  const bool full = points_.empty() || filled_ >= stride_;
  const bool too_short = interval.end - interval.begin < kShortest && !points_.empty();
  if (full && !too_short) {
    if (points_.size() >= most_) halve();
    points_.emplace_back(*layout_, interval.begin);
    filled_ = 0;
  }
  if (!too_short) ++filled_;
  Point& point = points_.back();
  point.end = interval.end;
  point.asked += interval.rate_asked * to_seconds(interval.end - interval.begin);
  for (const JourneySnapshot& journey : interval.delta.journeys) {
    point.started += journey.started;
    point.completed += journey[Outcome::success];
    point.failed += journey[Outcome::failure] + journey[Outcome::abandoned];
    point.dropped += journey.total_dropped();
  }
  for (std::size_t i = 0; i < point.users.size(); ++i) point.users[i] = std::max(point.users[i], interval.users[i]);
  point.schedule_lag.merge(interval.delta.schedule_lag);
  const UnderWay nobody(*layout_);
  const UnderWay& under_way = interval.under_way != nullptr ? *interval.under_way : nobody;
  for (std::size_t i = 0; i < point.steps.size(); ++i) {
    point.steps[i].add(interval.delta.steps[i]);
    point.steps[i].set_under_way(under_way.steps[i]);
  }
}

}  // namespace gelombang
