#include "metrics/thresholds/aggregator.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {

Aggregator::Aggregator(std::shared_ptr<const MetricsLayout> layout, std::vector<Threshold> thresholds, TimePoint start)
    : layout_(std::move(layout)),
      start_(start),
      last_tick_(start),
      second_(layout_),
      totals_(layout_),
      arriving_(*layout_),
      under_way_(*layout_),
      patience_(patience_of(thresholds, layout_->catalog.steps.size())),
      judge_(std::move(thresholds), layout_, start),
      last_answer_(start) {}

void Aggregator::add(const Snapshot& delta) { second_.merge(delta); }

void Aggregator::arrivals_ended(TimePoint at) {
  if (!arrivals_ended_) arrivals_ended_ = at;
}

void Aggregator::tick(TimePoint now, const std::function<void(Interval&)>& seen) {
  const TimePoint begin = last_tick_;
  last_tick_ = std::max(now, begin);
  const TimePoint arrivals_until = std::min(last_tick_, arrivals_ended_.value_or(last_tick_));
  totals_.merge(second_);
  std::swap(arriving_, under_way_);
  arriving_.clear();
  judge_.add(begin, last_tick_, std::max(arrivals_until - begin, Duration::zero()), second_, under_way_);

  std::uint64_t answers = 0;
  for (const StepSnapshot& step : second_.steps) {
    answers += answered(step.requests);
    const Silence quiet = unanswered(step.requests);
    silence_.failed += quiet.failed;
    silence_.interrupted += quiet.interrupted;
  }
  if (answers > 0) {
    last_answer_ = last_tick_;
    silence_ = {};
  }

  RecentInterval counts{begin, last_tick_, 0, 0, 0, 0, CensoredHistogram(layout_->boundaries)};
  for (const JourneySnapshot& journey : second_.journeys) {
    counts.started += journey.started;
    counts.completed += journey[Outcome::success];
  }
  for (const StepSnapshot& step : second_.steps) {
    counts.finished_steps += step.steps.finished();
    counts.failed_steps += step.steps.failed();
    counts.response_time.merge(step.response_time);
  }
  recent_.push_back(std::move(counts));
  while (recent_.size() > 1 &&
         recent_.front().begin + (recent_.front().end - recent_.front().begin) / 2 < last_tick_ - kRecent) {
    recent_.pop_front();
  }
  if (seen) {
    Interval interval{.begin = begin - start_, .end = last_tick_ - start_, .delta = second_, .under_way = &under_way_};
    seen(interval);
  }
  second_.clear();
}

void Aggregator::finish() { judge_.finish(); }

std::uint64_t Aggregator::overdue_steps() const {
  std::uint64_t late = 0;
  for (std::size_t i = 0; i < under_way_.steps.size(); ++i) {
    late += overdue(under_way_.steps[i], patience_[i], kRecent);
  }
  return late;
}

Snapshot Aggregator::so_far() const {
  Snapshot counted = totals_;
  under_way_.censor(counted);
  for (std::size_t i = 0; i < counted.steps.size(); ++i) {
    counted.steps[i].steps.by_result[static_cast<std::size_t>(CountedResult::failure)] +=
        overdue(under_way_.steps[i], patience_[i], kRecent);
  }
  return counted;
}

Silence Aggregator::silence() const {
  Silence silence = silence_;
  silence.lasted = std::max(Duration::zero(), arrivals_ended_.value_or(last_tick_) - last_answer_);
  return silence;
}

RecentFigures Aggregator::recent() const {
  RecentFigures figures;
  if (recent_.empty()) return figures;
  const double seconds = to_seconds(recent_.back().end - recent_.front().begin);
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;
  CensoredHistogram response_time(layout_->boundaries);
  for (const RecentInterval& counts : recent_) {
    started += counts.started;
    completed += counts.completed;
    finished += counts.finished_steps;
    failed += counts.failed_steps;
    response_time.merge(counts.response_time);
  }
  for (const UnderWay::Step& step : under_way_.steps) response_time.censored.merge(step.response_time);
  if (seconds > 0) {
    figures.started_rate = static_cast<double>(started) / seconds;
    figures.completed_rate = static_cast<double>(completed) / seconds;
    figures.step_rate = static_cast<double>(finished) / seconds;
  }
  const std::uint64_t late = overdue_steps();
  const std::uint64_t known = finished + late;
  if (known > 0) figures.error_rate = static_cast<double>(failed + late) / static_cast<double>(known);
  figures.response_time_p95 = percentile(response_time, 0.95);
  return figures;
}

}  // namespace gelombang
