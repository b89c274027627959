#include "metrics/thresholds/judge.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

void add_mail(CensoredHistogram& to, const MailSnapshot& mail) {
  for (const Histogram& folder : mail.delivery) to.observed.merge(folder);
  to.censored.merge(mail.waited);
}

void add_durations(CensoredHistogram& to, const Threshold& threshold, const StepSnapshot& step) {
  switch (threshold.metric) {
    case ThresholdMetric::response_time: to.merge(step.response_time); break;
    case ThresholdMetric::service_time: to.merge(step.service_time); break;
    case ThresholdMetric::phase: to.observed.merge(step.phases[static_cast<std::size_t>(threshold.phase)]); break;
    default: break;
  }
}

std::optional<Estimate> estimate(const Threshold& threshold, const CensoredHistogram& durations) {
  switch (threshold.aggregate) {
    case Aggregate::percentile: return percentile(durations, threshold.quantile);
    case Aggregate::mean: return mean(durations);
    case Aggregate::min: return minimum(durations);
    case Aggregate::max: return maximum(durations);
    case Aggregate::none: break;
  }
  return std::nullopt;
}

// Moves a percentile to the side of the limit where it is known to be: its bucket may not tell the side.
// False if the side is not known.
bool decide_exactly(const Threshold& threshold, const CensoredHistogram& durations, Duration& value) {
  const Histogram& h = durations.observed;
  const Duration limit(static_cast<std::int64_t>(threshold.limit));
  const auto boundary = h.boundaries().find(limit);
  if (!boundary) return false;
  const auto all = static_cast<double>(h.count() + durations.censored.count());
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(threshold.quantile * all - 1e-9)));
  const std::uint64_t ended = h.count_up_to(*boundary);
  // Of the durations cut short within the limit, between none and all would have ended within it.
  if (ended + durations.censored.count_up_to(*boundary) < rank) {
    value = std::max(value, limit + Duration(1));
  } else if (ended < rank) {
    return false;
  } else if (value >= limit) {
    value = h.min() >= limit ? limit : limit - Duration(1);
  }
  return true;
}

ThresholdState state_of(double value, bool lower_bound, Comparison comparison, double limit) {
  if (lower_bound) {
    // The true value is not below this value. Is the answer the same for all such values?
    const bool at_value = compare(value, comparison, limit);
    const bool far_above = compare(HUGE_VAL, comparison, limit);
    const bool may_equal = value <= limit && (comparison == Comparison::equal || comparison == Comparison::not_equal);
    if (at_value != far_above || may_equal) return ThresholdState::no_data;
    return at_value ? ThresholdState::pass : ThresholdState::fail;
  }
  return compare(value, comparison, limit) ? ThresholdState::pass : ThresholdState::fail;
}

Judgement judge_durations(const Threshold& threshold, const ThresholdData& data) {
  Judgement j;
  j.samples = data.durations.observed.count() + data.durations.censored.count();
  auto figure = estimate(threshold, data.durations);
  if (!figure || j.samples < threshold.min_samples) return j;
  const bool rounded = threshold.aggregate == Aggregate::percentile ||
                       (threshold.aggregate == Aggregate::mean && !data.durations.censored.empty());
  const bool exact = !rounded || (threshold.aggregate == Aggregate::percentile &&
                                  decide_exactly(threshold, data.durations, figure->value));
  const auto nanoseconds = static_cast<double>(figure->value.count());
  j.value = to_seconds(figure->value);
  j.lower_bound = figure->lower_bound;
  j.within_error =
      !exact && !j.lower_bound && std::abs(nanoseconds - threshold.limit) <= kBucketError * threshold.limit;
  j.state = state_of(nanoseconds, j.lower_bound, threshold.comparison, threshold.limit);
  return j;
}

void record_many(Histogram& to, Duration value, std::uint64_t count) {
  Histogram some(to.shared_boundaries());
  some.record(value);
  for (; count > 0; count /= 2) {
    if (count % 2 == 1) to.merge(some);
    some.merge(Histogram(some));
  }
}

// A hidden mail may have arrived at once or never. Is the judgement the same for both?
bool decides(const Threshold& threshold, const ThresholdData& data, ThresholdState state) {
  if (threshold.aggregate != Aggregate::percentile) return false;
  ThresholdData at_once = data;
  record_many(at_once.durations.observed, Duration(1), data.hidden);
  ThresholdData never = data;
  record_many(never.durations.censored, kNever, data.hidden);
  return judge_durations(threshold, at_once).state == state && judge_durations(threshold, never).state == state;
}

Judgement judge_latency(const Threshold& threshold, const ThresholdData& data) {
  Judgement j = judge_durations(threshold, data);
  if (data.hidden > 0 && !decides(threshold, data, j.state)) j.state = ThresholdState::no_data;
  return j;
}

// Whether a is at least as far on the wrong side of the limit as b.
bool worse(const Judgement& a, const Judgement& b, Comparison comparison) {
  if (a.state != b.state) return a.state == ThresholdState::fail;
  switch (comparison) {
    case Comparison::less:
    case Comparison::less_equal: return *a.value >= *b.value;
    case Comparison::greater:
    case Comparison::greater_equal: return *a.value <= *b.value;
    case Comparison::equal:
    case Comparison::not_equal: break;
  }
  return true;
}

}  // namespace

// Whether a few people who wait longer could break the threshold. They cannot break a median, nor a mean.
bool limits_each(const Threshold& t) {
  constexpr double kMost = 0.9;
  const bool below = t.comparison == Comparison::less || t.comparison == Comparison::less_equal;
  return below && (t.aggregate == Aggregate::max || (t.aggregate == Aggregate::percentile && t.quantile >= kMost));
}

std::vector<Patience> patience_of(std::span<const Threshold> thresholds, std::size_t steps) {
  std::vector<Patience> patience(steps);
  for (const bool own : {true, false}) {  // a limit for all applies to steps that have no limit of their own
    const std::vector<Patience> before = patience;
    for (const Threshold& t : thresholds) {
      const bool response = t.metric == ThresholdMetric::response_time;
      if (t.step.has_value() != own || !limits_each(t)) continue;
      if (!response && t.metric != ThresholdMetric::service_time) continue;
      const auto limit_of = response ? &Patience::response_time : &Patience::service_time;
      const Duration limit(static_cast<std::int64_t>(t.limit));
      for (std::size_t i = 0; i < steps; ++i) {
        if (own ? *t.step != i : (before[i].*limit_of).has_value()) continue;
        auto& tightest = patience[i].*limit_of;
        tightest = std::min(limit, tightest.value_or(limit));
      }
    }
  }
  return patience;
}

std::uint64_t overdue(const UnderWay::Step& step, const Patience& patience, std::optional<Duration> window) {
  std::optional<Duration> limit = patience.response_time;
  if (window) limit = std::min(*window, limit.value_or(*window));
  // A person who is late by one clock is usually late by the other too. So the larger number stands for both.
  const std::uint64_t by_response = limit ? step.response_time.count_above(*limit) : 0;
  return std::max(by_response, patience.service_time ? step.service_time.count_above(*patience.service_time) : 0);
}

void ThresholdData::add(const Threshold& threshold, const Snapshot& delta) {
  const auto& steps = delta.layout()->catalog.steps;
  if (threshold.metric == ThresholdMetric::mail_delivery) {
    add_mail(durations, delta.mail);
    hidden += delta.mail[MailResult::hidden];
  }
  if (threshold.metric == ThresholdMetric::person_time) {
    for (std::size_t j = 0; j < delta.journeys.size(); ++j) {
      if (!threshold.journey || *threshold.journey == j) durations.merge(delta.journeys[j].people.time);
    }
    return;
  }
  if (threshold.metric == ThresholdMetric::served_rate && !threshold.step) {
    for (const JourneySnapshot& journey : delta.journeys) {
      counted += journey[Outcome::success];
      all += journey.decided();
    }
    return;
  }
  for (std::size_t i = 0; i < delta.steps.size(); ++i) {
    if (threshold.step && *threshold.step != i) continue;
    const StepSnapshot& step = delta.steps[i];
    switch (threshold.metric) {
      case ThresholdMetric::error_rate:
        counted += step.steps.failed();
        all += step.steps.finished();
        break;
      case ThresholdMetric::served_rate:
        counted += step.steps[CountedResult::success];
        all += step.steps.total() + delta.journeys[steps[i].journey].total_dropped();
        break;
      case ThresholdMetric::count:
      case ThresholdMetric::rate:
        counted += step.steps.finished();
        all += step.steps.finished();
        break;
      default: add_durations(durations, threshold, step); break;
    }
  }
}

void ThresholdData::add(const Threshold& threshold, const UnderWay& under_way, std::span<const Patience> patience) {
  if (threshold.metric == ThresholdMetric::mail_delivery) durations.censored.merge(under_way.mail);
  if (threshold.metric == ThresholdMetric::person_time) {
    for (std::size_t j = 0; j < under_way.journeys.size(); ++j) {
      if (!threshold.journey || *threshold.journey == j) durations.censored.merge(under_way.journeys[j].person_time);
    }
    return;
  }
  for (std::size_t i = 0; i < under_way.steps.size(); ++i) {
    if (threshold.step && *threshold.step != i) continue;
    const UnderWay::Step& step = under_way.steps[i];
    if (threshold.metric == ThresholdMetric::response_time) durations.censored.merge(step.response_time);
    if (threshold.metric == ThresholdMetric::service_time) durations.censored.merge(step.service_time);
    if (!threshold.window) continue;
    const bool failed = threshold.metric == ThresholdMetric::error_rate;
    if (!failed && threshold.metric != ThresholdMetric::served_rate) continue;
    const std::uint64_t late = overdue(step, patience[i], threshold.window);
    counted += failed ? late : 0;
    all += late;
  }
}

void ThresholdData::merge(const ThresholdData& other) {
  durations.merge(other.durations);
  hidden += other.hidden;
  counted += other.counted;
  all += other.all;
  arrivals += other.arrivals;
}

Judgement judge(const Threshold& threshold, const ThresholdData& data) {
  if (threshold.is_latency()) return judge_latency(threshold, data);
  Judgement j;
  j.samples = data.all;
  if (data.all < threshold.min_samples) return j;
  const auto counted = static_cast<double>(data.counted);
  switch (threshold.metric) {
    case ThresholdMetric::count: j.value = counted; break;
    case ThresholdMetric::rate:
      if (data.arrivals <= Duration::zero()) return j;
      j.value = counted / to_seconds(data.arrivals);
      break;
    default:
      if (data.all == 0) return j;
      j.value = counted / static_cast<double>(data.all);
      break;
  }
  j.state = state_of(*j.value, false, threshold.comparison, threshold.limit);
  return j;
}

ThresholdJudge::ThresholdJudge(std::vector<Threshold> thresholds, std::shared_ptr<const MetricsLayout> layout,
                               TimePoint start)
    : layout_(std::move(layout)), start_(start), patience_(patience_of(thresholds, layout_->catalog.steps.size())) {
  for (Threshold& t : thresholds) {
    results_.push_back({std::move(t), {}, ThresholdState::no_data, std::nullopt});
    progress_.push_back({ThresholdData(layout_->boundaries), {}, std::nullopt, false, false});
  }
}

void ThresholdJudge::add(TimePoint begin, TimePoint end, Duration arrivals, const Snapshot& delta,
                         const UnderWay& under_way) {
  const TimePoint middle = begin + (end - begin) / 2;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    ThresholdResult& result = results_[i];
    Progress& progress = progress_[i];
    if (middle < start_ + result.threshold.after.value_or(Duration::zero())) continue;
    if (!progress.first) progress.first = begin;
    ThresholdData data(layout_->boundaries);
    data.add(result.threshold, delta);
    data.arrivals = arrivals;
    if (result.threshold.window) {
      progress.window.push_back({begin, end, std::move(data)});
      judge_window(result, progress, end, under_way);
    } else {
      progress.total.merge(data);
      data = progress.total;
      data.add(result.threshold, under_way, patience_);
      result.verdict = judge(result.threshold, data);
      result.now = result.verdict.state;
      progress.aborts = result.fails();
    }
  }
}

ThresholdData ThresholdJudge::window_data(const Progress& progress) const {
  ThresholdData sum(layout_->boundaries);
  for (const WindowInterval& interval : progress.window) sum.merge(interval.data);
  return sum;
}

void ThresholdJudge::judge_window(ThresholdResult& result, Progress& progress, TimePoint end,
                                  const UnderWay& under_way) {
  const TimePoint oldest = end - *result.threshold.window;
  auto& window = progress.window;
  while (!window.empty() && window.front().begin + (window.front().end - window.front().begin) / 2 < oldest) {
    window.pop_front();
  }
  // Half an interval of slack, because intervals do not end exactly on time.
  const bool full = end - *progress.first + (window.empty() ? Duration::zero() : (end - window.back().begin) / 2) >=
                    *result.threshold.window;
  if (!full) return;
  ThresholdData data = window_data(progress);
  data.add(result.threshold, under_way, patience_);
  const Judgement judgement = judge(result.threshold, data);
  result.now = judgement.state;
  progress.aborts = judgement.state == ThresholdState::fail;
  if (judgement.state == ThresholdState::no_data) {
    if (!progress.judged) result.verdict = judgement;
    return;
  }
  if (!progress.judged || worse(judgement, result.verdict, result.threshold.comparison)) {
    result.verdict = judgement;
    if (judgement.state == ThresholdState::fail) result.at = end - start_;
  }
  progress.judged = true;
}

void ThresholdJudge::finish() {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    ThresholdResult& result = results_[i];
    Progress& progress = progress_[i];
    if (!result.threshold.window) {
      result.verdict = judge(result.threshold, progress.total);
      result.now = result.verdict.state;
    } else if (!progress.judged) {
      result.verdict = judge(result.threshold, window_data(progress));
      result.now = result.verdict.state;
    }
  }
}

const ThresholdResult* ThresholdJudge::abort() const noexcept {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    if (results_[i].threshold.abort && progress_[i].aborts) return &results_[i];
  }
  return nullptr;
}

}  // namespace gelombang
