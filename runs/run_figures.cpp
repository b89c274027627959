#include "runs/run_figures.hpp"

#include "base/version.hpp"
#include "engine/load/arrivals.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {

namespace {

// A failed request may have opened a connection, too.
std::uint64_t connections_opened(const Snapshot& totals) {
  std::uint64_t opened = 0;
  for (const StepSnapshot& step : totals.steps) {
    opened += step.phases[static_cast<std::size_t>(Phase::connect)].count() + step.requests.total() -
              step.requests[CountedResult::success];
  }
  return opened;
}

EarlyStop::Counts requests_of(const Snapshot& totals, const FigureSource& source) {
  EarlyStop::Counts counts;
  for (const StepSnapshot& step : totals.steps) {
    counts.sent += step.requests.total() - step.requests[CountedResult::own_fault];
    counts.given_up += step.requests[CountedResult::abandoned];
  }
  counts.sent += source.users().by_state[static_cast<std::size_t>(UserState::requesting)];
  counts.answered = source.target_answered();
  return counts;
}

}  // namespace

RunFigures::RunFigures(const PreparedRun& prepared, const Clock& clock)
    : prepared_(prepared),
      clock_(clock),
      process_(clock, prepared.limits),
      mail_recorder_(prepared.layout),
      mail_delta_(prepared.layout),
      mail_waiting_(*prepared.layout),
      details_(prepared.layout->boundaries),
      first_failures_(prepared.layout) {}

void RunFigures::start(FigureSource& source, Mailbox* mail, TimePoint epoch) {
  source_ = &source;
  mail_ = mail;
  epoch_ = epoch;
  if (prepared_.plan.keep_details) mail_recorder_.keep_details({});
  aggregator_.emplace(prepared_.layout, prepared_.thresholds, epoch);
  process_.sample(source.health(), 0);
}

void RunFigures::collect(TimePoint now, bool last) {
  const FigureSource::Receiver add = [this](const Snapshot& delta, const UnderWay& under_way) {
    aggregator_->add(delta);
    aggregator_->add(under_way);
  };
  if (last) {
    source_->take_last(now, add, details_);
  } else {
    source_->take(now, add, details_);
  }
  if (mail_ != nullptr) {
    // The last call also counts mail that nobody waited for.
    mail_state_ = last ? mail_->finish() : mail_->take();
    for (const MailSample& sample : mail_state_.samples) mail_recorder_.mail(sample);
    mail_waiting_.clear();
    for (const Duration waited : mail_state_.waited) mail_waiting_.mail.record(waited);
    aggregator_->add(mail_waiting_);
    mail_recorder_.take(mail_delta_);
    aggregator_->add(mail_delta_);
    mail_recorder_.take(details_);
  }
}

void RunFigures::annotate(std::string kind, std::string text) {
  const Duration offset = std::max(Duration::zero(), clock_.now() - epoch_);
  annotations_.push_back({clock_.wall_now(), offset, std::move(kind), std::move(text)});
  for (const Listener& listener : listeners_) listener(annotations_.back());
}

void RunFigures::end_interval(TimePoint now) {
  aggregator_->tick(now, [this](Interval& interval) {
    interval.rate_asked = rate_asked(epoch_ + interval.begin, epoch_ + interval.end);
    interval.users = source_->users().by_state;
    interval.validity = validity().state;
    interval.cpu_seconds = process_.cpu_seconds();
    interval.details = &details_;
    for (const Observer& observer : observers_) observer(interval);
  });
  for (const Evidence& one : details_.evidence) first_failures_.add(one.sample.started - epoch_, one);
  details_.clear();
}

void RunFigures::tick(TimePoint now) {
  process_.sample(source_->health(), connections_opened(aggregator_->totals()));
  collect(now, false);
  const TimePoint arrivals_end = source_->schedule().arrivals_end;
  if (!arrivals_over_ && now >= arrivals_end) {
    arrivals_over_ = true;
    aggregator_->arrivals_ended(arrivals_end);
  }
  end_interval(now);
  if (!arrivals_over_) nobody_answers_ = early_stop_.judge(now, requests_of(aggregator_->totals(), *source_));
}

void RunFigures::finish(TimePoint now) {
  process_.sample(source_->health(), connections_opened(aggregator_->totals()));
  collect(now, true);
  if (!arrivals_over_) aggregator_->arrivals_ended(std::min(now, source_->schedule().arrivals_end));
  end_interval(now);
  aggregator_->finish();
}

double RunFigures::rate_asked(TimePoint now) const {
  return source_->schedule().timetable.at(now - epoch_).per_second() /
         static_cast<double>(prepared_.plan.segment.count);
}

double RunFigures::rate_asked(TimePoint begin, TimePoint end) const {
  if (end <= begin) return 0;
  const auto due = [this](TimePoint until) {
    return source_->schedule().timetable.integral(
        (source_->schedule().cut_short ? std::min(until, source_->schedule().arrivals_end) : until) - epoch_);
  };
  return (due(end) - due(begin)) / to_seconds(end - begin) / static_cast<double>(prepared_.plan.segment.count);
}

Validity RunFigures::validity() const {
  ValidityFacts facts = validity_facts(aggregator_->totals(), prepared_.thresholds);
  if (!prepared_.plan.load.open()) {
    facts.lag_p99.reset();
    facts.lag_max.reset();
  }
  facts.health = process_.health();
  return judge_validity(facts);
}

LiveFigures RunFigures::live(TimePoint now, bool final) const {
  LiveFigures live;
  live.target_rate = rate_asked(now);
  live.rate_factor = source_->schedule().timetable.factor();
  live.paused = source_->schedule().timetable.paused();
  for (std::size_t i = 0; i < kAnnotationKinds.size(); ++i) {
    live.annotations[i] = static_cast<std::uint64_t>(
        std::count_if(annotations_.begin(), annotations_.end(),
                      [i](const Annotation& annotation) { return annotation.kind == kAnnotationKinds[i]; }));
  }
  live.users = source_->users().by_state;
  live.under_way = aggregator_->under_way();
  live.validity = validity().state;
  live.generator = process_.health();
  live.thresholds = threshold_states(aggregator_->thresholds(), final);
  return live;
}

RunFacts RunFigures::facts_until(TimePoint now, Duration arrivals) const {
  const RunPlan& plan = prepared_.plan;
  RunFacts facts;
  facts.scenario = prepared_.scenario.name;
  facts.load = plan.load.name;
  facts.target = prepared_.target ? prepared_.target->text : "";
  facts.version = kVersion;
  facts.seed = plan.settings.seed;
  facts.took = std::max(Duration::zero(), now - epoch_);
  facts.arrivals_took = arrivals;
  // At a cut, workers stop at different moments, so what was due is what they decided on.
  for (const JourneySnapshot& journey : aggregator_->totals().journeys) {
    facts.planned += journey.started + journey.total_dropped();
  }
  facts.expected = static_cast<double>(facts.planned);
  if (plan.load.open()) {
    const auto parts = static_cast<double>(plan.segment.count);
    facts.expected = source_->schedule().timetable.integral(arrivals) / parts;
    facts.requested_rate = arrivals > Duration::zero() ? facts.expected / to_seconds(arrivals) : 0;
    facts.catch_up = name(plan.catch_up);
  }
  facts.generator = {process_.cpu_seconds(), process_.max_rss_bytes(), static_cast<std::uint32_t>(plan.threads),
                     source_->users().most_active, process_.health()};
  facts.annotations = annotations_;
  return facts;
}

RunFacts RunFigures::facts(TimePoint now, std::vector<ExitReason> reasons) const {
  const RunPlan& plan = prepared_.plan;
  // An open load lasts for its full length, even though its last arrival comes a little earlier.
  const Duration arrivals = std::max(Duration::zero(), source_->schedule().arrivals_end - epoch_);
  const Duration took = std::max(Duration::zero(), now - epoch_);
  RunFacts facts = facts_until(now, plan.load.open() ? arrivals : std::min(arrivals, took));
  if (plan.load.open() && !source_->schedule().cut_short) {
    const bool as_drawn = prepared_.planned && source_->schedule().changes.empty();
    facts.planned = as_drawn ? *prepared_.planned
                             : count_arrivals(plan.load, plan.settings.seed, plan.segment, source_->schedule().changes);
  }
  facts.silence = aggregator_->silence();
  facts.exit_reasons = std::move(reasons);
  return facts;
}

RunFacts RunFigures::facts_so_far(TimePoint now) const {
  return facts_until(now, std::max(Duration::zero(), std::min(now, source_->schedule().arrivals_end) - epoch_));
}

}  // namespace gelombang
