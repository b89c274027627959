#include "metrics/recorder.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

void record_duration(CensoredHistogram& durations, Histogram& failed, Histogram& abandoned, CountedResult result,
                     Duration value) {
  switch (result) {
    case CountedResult::success: durations.observed.record(value); break;
    case CountedResult::failure: failed.record(value); break;
    case CountedResult::abandoned: abandoned.record(value); [[fallthrough]];
    case CountedResult::interrupted: durations.censored.record(value); break;
    case CountedResult::own_fault: break;
  }
}

void add(NetworkSnapshot& to, const RequestSample& sample) {
  to.requests.add(sample.outcome, sample.error);
  if (sample.outcome == Outcome::success) to.service_time.record(sample.service_time);
  to.bytes_sent += sample.bytes_sent;
  to.bytes_received += sample.bytes_received;
}

}  // namespace

Recorder::Recorder(std::shared_ptr<const MetricsLayout> layout) : current_(std::move(layout)) {}

void Recorder::keep_details(const DetailLimits& limits) { details_.emplace(current_.layout(), limits); }

void Recorder::request(StepId step, const RequestSample& sample, const RequestFacts& facts) {
  const std::lock_guard lock(mutex_);
  if (details_) details_->request(step, sample, facts);
  StepSnapshot& to = current_.steps[step];
  to.requests.add(sample.outcome, sample.error);
  if (sample.outcome == Outcome::success) {
    for (std::size_t i = 0; i < kPhaseCount; ++i) {
      if (sample.phases[i] != RequestSample::kNotReached) to.phases[i].record(sample.phases[i]);
    }
  }
  to.bytes_sent += sample.bytes_sent;
  to.bytes_received += sample.bytes_received;
  if (facts.calm) ++to.people.calm_requests;
  if (facts.network) add(current_.networks[*facts.network], sample);
}

bool Recorder::wants_evidence(StepId step, ErrorClass error, std::string_view says) const {
  const std::lock_guard lock(mutex_);
  return details_ && details_->wants_evidence(step, error, says);
}

void Recorder::evidence(Evidence evidence, std::string_view says) {
  const std::lock_guard lock(mutex_);
  if (details_) details_->evidence(std::move(evidence), says);
}

OpenVisits::Id Recorder::visit_began(JourneyId journey, TimePoint intended, TimePoint started) {
  const std::lock_guard lock(mutex_);
  return open_.open({journey, intended, started, std::nullopt});
}

void Recorder::paused(OpenVisits::Id visit, TimePoint since, TimePoint until) {
  const std::lock_guard lock(mutex_);
  if (auto& step = open_[visit].step) step->pause(since, until);
}

void Recorder::resumed(OpenVisits::Id visit, TimePoint at) {
  const std::lock_guard lock(mutex_);
  if (auto& step = open_[visit].step) step->resume(at);
}

void Recorder::attempt(StepId step, bool reached, bool again, OpenVisits::Id visit, TimePoint intended, TimePoint now) {
  const std::lock_guard lock(mutex_);
  open_[visit].step = OpenStep{step, intended, std::max(intended, now), {}, {}};
  count_attempt(step, reached, again);
}

void Recorder::attempt(StepId step, bool reached, bool again) {
  const std::lock_guard lock(mutex_);
  count_attempt(step, reached, again);
}

void Recorder::count_attempt(StepId step, bool reached, bool again) {
  StepPeople& to = current_.steps[step].people;
  if (reached) ++to.reached;
  ++(again ? to.retries : to.first_tries);
}

void Recorder::passed(StepId step) {
  const std::lock_guard lock(mutex_);
  ++current_.steps[step].people.succeeded;
}

void Recorder::double_submit(StepId step) {
  const std::lock_guard lock(mutex_);
  ++current_.steps[step].people.double_submits;
}

void Recorder::person(JourneyId journey, const PersonSample& sample) {
  const std::lock_guard lock(mutex_);
  current_.journeys[journey].people.add(sample);
  if (!sample.step || sample.fate == PersonFate::succeeded) return;
  StepPeople& at = current_.steps[*sample.step].people;
  ++(sample.at_step ? at.ended : at.ended_after)[static_cast<std::size_t>(sample.fate)];
  if (sample.fate == PersonFate::lost) ++at.lost[static_cast<std::size_t>(sample.error)];
}

void Recorder::step(StepId step, const StepSample& sample, OpenVisits::Id visit) {
  const CountedResult result = counted_result(sample.outcome, sample.error);
  const std::lock_guard lock(mutex_);
  StepSnapshot& to = current_.steps[step];
  to.steps.add(sample.outcome, sample.error);
  if (visit != OpenVisits::kNone) open_[visit].step.reset();
  if (!sample.timed) return;
  record_duration(to.response_time, to.response_time_failed, to.response_time_abandoned, result, sample.response_time);
  record_duration(to.service_time, to.service_time_failed, to.service_time_abandoned, result, sample.service_time);
}

void Recorder::iteration_started(JourneyId journey, Duration schedule_lag) {
  const std::lock_guard lock(mutex_);
  ++current_.journeys[journey].started;
  current_.schedule_lag.record(schedule_lag);
}

void Recorder::iteration_finished(JourneyId journey, const IterationSample& sample, OpenVisits::Id visit) {
  const std::lock_guard lock(mutex_);
  if (visit != OpenVisits::kNone) open_.close(visit);
  JourneySnapshot& to = current_.journeys[journey];
  ++to.ended[static_cast<std::size_t>(sample.outcome)];
  if (sample.outcome == Outcome::success) to.duration.observed.record(sample.duration);
  const bool cut_short = sample.outcome == Outcome::interrupted || sample.outcome == Outcome::abandoned;
  if (cut_short) to.duration.censored.record(sample.duration);
  if (sample.network) ++current_.networks[*sample.network].ended[static_cast<std::size_t>(sample.outcome)];
}

void Recorder::iteration_dropped(JourneyId journey, DropReason reason) {
  const std::lock_guard lock(mutex_);
  ++current_.journeys[journey].dropped[static_cast<std::size_t>(reason)];
}

void Recorder::mail(const MailSample& sample) {
  const std::lock_guard lock(mutex_);
  if (details_) details_->mail(sample);
  MailSnapshot& to = current_.mail;
  ++to.by_result[static_cast<std::size_t>(sample.result)];
  const bool came = sample.result == MailResult::in_time || sample.result == MailResult::late;
  const bool awaited = came || sample.result == MailResult::lost || sample.result == MailResult::pending;
  if (came && !sample.at_least) {
    to.delivery[static_cast<std::size_t>(sample.folder)].record(sample.delay);
  } else if (awaited && sample.delay > Duration::zero()) {
    to.waited.record(sample.delay);
  }
}

void Recorder::conformance(std::string rule, std::string expected, std::string got, bool holds) {
  const std::lock_guard lock(mutex_);
  current_.conformance.add({std::move(rule), std::move(expected), std::move(got), holds, 1});
}

void Recorder::script_error(JourneyId journey, std::optional<StepId> step, std::string text) {
  const std::lock_guard lock(mutex_);
  ScriptErrors& errors = current_.script_errors;
  ++errors.count;
  if (!errors.first) errors.first = ScriptErrors::First{journey, step, std::move(text)};
}

void Recorder::take(Snapshot& delta) {
  delta.clear();
  const std::lock_guard lock(mutex_);
  std::swap(current_, delta);
}

void Recorder::take(Snapshot& delta, std::vector<OpenVisit>& open) {
  delta.clear();
  const std::lock_guard lock(mutex_);
  std::swap(current_, delta);
  open_.copy_to(open);
}

void Recorder::take(SampledDetails& details) {
  const std::lock_guard lock(mutex_);
  if (details_) details_->take(details);
}

Snapshot Recorder::take() {
  Snapshot delta(current_.layout());
  take(delta);
  return delta;
}

}  // namespace gelombang
