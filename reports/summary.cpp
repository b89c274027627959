#include "reports/summary.hpp"

#include "reports/threshold_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang {
namespace {

void summarize_arrivals(Summary& summary, const Snapshot& totals) {
  Summary::Arrivals& a = summary.arrivals;
  a.expected = summary.run.expected;
  a.planned = summary.run.planned;
  a.requested_rate = summary.run.requested_rate;
  for (std::size_t i = 0; i < totals.journeys.size(); ++i) {
    const JourneySnapshot& j = totals.journeys[i];
    Summary::Iterations one;
    one.journey = summary.catalog.journeys[i];
    one.started = j.started;
    one.failed = j[Outcome::failure] + j[Outcome::abandoned];
    one.count = j[Outcome::success] + one.failed;
    one.interrupted = j[Outcome::interrupted];
    one.dropped = j.total_dropped();
    one.duration = figures_of(j.duration);
    a.started += one.started;
    a.completed += j[Outcome::success];
    a.failed += one.failed;
    a.interrupted += one.interrupted;
    for (std::size_t r = 0; r < kDropReasonCount; ++r) a.dropped[r] += j.dropped[r];
    summary.iterations.push_back(std::move(one));
  }
  const double seconds = to_seconds(summary.run.arrivals_took);
  if (seconds > 0) a.achieved_rate = static_cast<double>(a.started) / seconds;
  if (a.planned > 0) a.served_rate = static_cast<double>(a.completed) / static_cast<double>(a.planned);
}

Summary::Step summarize_step(const Catalog& catalog, StepId id, const StepSnapshot& s) {
  Summary::Step step;
  step.journey = catalog.journeys[catalog.steps[id].journey];
  step.name = catalog.steps[id].name;
  step.count = s.steps.finished();
  step.failures = s.steps.failed();
  step.censored = s.response_time.censored.count();
  step.own_faults = s.steps[CountedResult::own_fault];
  if (step.count > 0) step.error_rate = static_cast<double>(step.failures) / static_cast<double>(step.count);
  step.errors = s.steps.by_error;
  step.requests = s.requests.total();
  step.request_errors = s.requests.by_error;
  step.response_time = figures_of(s.response_time);
  step.service_time = figures_of(s.service_time);
  step.failure_time = figures_of(s.response_time_failed);
  for (std::size_t p = 0; p < kPhaseCount; ++p) step.phases[p] = figures_of(s.phases[p]);
  step.bytes_sent = s.bytes_sent;
  step.bytes_received = s.bytes_received;
  return step;
}

std::optional<double> ratio(std::uint64_t of, std::uint64_t to) {
  if (to == 0) return std::nullopt;
  return static_cast<double>(of) / static_cast<double>(to);
}

void summarize_people(Summary& summary, const Snapshot& totals) {
  for (std::size_t j = 0; j < totals.journeys.size(); ++j) {
    Summary::People people;
    people.journey = summary.catalog.journeys[j];
    people.arrived = totals.journeys[j].started;
    people.ended = totals.journeys[j].people.ended;
    people.time = figures_of(totals.journeys[j].people.time);
    summary.people.push_back(std::move(people));
  }
  for (std::size_t i = 0; i < totals.steps.size(); ++i) {
    const StepSnapshot& s = totals.steps[i];
    Summary::People& people = summary.people[summary.catalog.steps[i].journey];
    Summary::FunnelStep step;
    step.journey = people.journey;
    step.name = summary.catalog.steps[i].name;
    step.people = s.people;
    step.requests = s.requests.total();
    step.attempts_per_success = ratio(s.people.attempts(), s.people.succeeded);
    step.amplification = ratio(step.requests, s.people.calm_requests);
    people.attempts += s.people.attempts();
    people.requests += step.requests;
    people.calm_requests += s.people.calm_requests;
    summary.funnel.push_back(std::move(step));
  }
  for (Summary::People& people : summary.people) people.amplification = ratio(people.requests, people.calm_requests);
}

void summarize_networks(Summary& summary, const Snapshot& totals) {
  for (std::size_t i = 0; i < totals.networks.size(); ++i) {
    const NetworkSnapshot& n = totals.networks[i];
    const auto ended = [&n](Outcome outcome) { return n.ended[static_cast<std::size_t>(outcome)]; };
    Summary::Network network;
    network.name = summary.catalog.networks[i];
    network.failed_iterations = ended(Outcome::failure) + ended(Outcome::abandoned);
    network.iterations = ended(Outcome::success) + network.failed_iterations;
    network.requests = n.requests.total();
    network.failures = n.requests.failed();
    network.error_rate = ratio(n.requests.failed(), n.requests.finished());
    network.service_time = figures_of(n.service_time);
    network.bytes_sent = n.bytes_sent;
    network.bytes_received = n.bytes_received;
    summary.networks.push_back(std::move(network));
  }
}

void summarize_mail(Summary& summary, const MailSnapshot& mail) {
  Summary::Email email;
  email.by_result = mail.by_result;
  for (const MailResult r :
       {MailResult::in_time, MailResult::late, MailResult::lost, MailResult::pending, MailResult::hidden}) {
    email.sent += mail[r];
  }
  email.poll_interval = summary.run.mailbox_poll_interval;
  const bool any = std::any_of(mail.by_result.begin(), mail.by_result.end(), [](std::uint64_t n) { return n > 0; });
  if (!any && !email.poll_interval) return;
  email.spam = mail.delivery[static_cast<std::size_t>(MailFolder::spam)].count();
  CensoredHistogram delivery(Histogram(mail.waited.shared_boundaries()), mail.waited);
  for (const Histogram& folder : mail.delivery) delivery.observed.merge(folder);
  email.delivery = figures_of(delivery);
  summary.email = email;
}

std::uint64_t requests_with(const Snapshot& totals, ErrorClass error) {
  std::uint64_t n = 0;
  for (const StepSnapshot& step : totals.steps) n += std::max(step.requests[error], step.steps[error]);
  return n;
}

void add_reasons(Summary& summary, const Snapshot& totals) {
  std::vector<ExitReason>& reasons = summary.exit_reasons;
  const auto has = [&reasons](ExitCause cause) {
    return std::any_of(reasons.begin(), reasons.end(), [cause](const ExitReason& r) { return r.cause == cause; });
  };
  if (const auto n = requests_with(totals, ErrorClass::consent); n > 0 && !has(ExitCause::refused)) {
    reasons.push_back({ExitCause::refused, fmt::format("requests not sent because consent is missing: {}", n)});
  }
  if (const auto n = requests_with(totals, ErrorClass::generator_identity); n > 0) {
    reasons.push_back({ExitCause::script_error, fmt::format("requests stopped by a guard of the scenario: {}", n)});
  }
  if (totals.script_errors.count > 0) {
    reasons.push_back({ExitCause::script_error, fmt::format("errors in the scenario: {}", totals.script_errors.count)});
  }
  if (summary.validity.state == ValidityState::invalid) {
    const std::vector<std::string>& why = summary.validity.reasons;
    reasons.push_back(
        {ExitCause::invalid_run, "the run is invalid" + (why.empty() ? std::string() : ": " + why.front())});
  }
  // If a run ended early because the target answered nobody, that reason is enough: it was too early to judge the
  // thresholds.
  const bool stopped_early = has(ExitCause::no_data);
  for (const ThresholdResult& t : summary.thresholds) {
    if (stopped_early) break;
    if (t.fails()) {
      reasons.push_back({ExitCause::failed, fmt::format("threshold '{}' does not hold: {}", t.threshold.expression,
                                                        judgement_text(t.threshold, t.verdict))});
    } else if (t.lacks_data()) {
      reasons.push_back({ExitCause::no_data, fmt::format("threshold '{}' cannot be judged: {}", t.threshold.expression,
                                                         judgement_text(t.threshold, t.verdict))});
    }
  }
  if (totals.conformance.violated > 0) {
    reasons.push_back({ExitCause::failed, fmt::format("{} of {} conformance answers are not as expected",
                                                      totals.conformance.violated, totals.conformance.reported)});
  }
  const bool measured =
      std::any_of(totals.steps.begin(), totals.steps.end(), [](const StepSnapshot& s) { return s.steps.total() > 0; });
  if (!measured) {
    reasons.push_back({ExitCause::no_data, "nothing was measured: no step was played"});
  } else {
    CompletionFacts completion = completion_facts(totals);
    completion.silence = summary.run.silence;
    completion.arrivals = summary.run.arrivals_took;
    summary.shortfall = judge_completion(completion, summary.thresholds);
    if (summary.shortfall && !summary.shortfall->judged) {
      reasons.push_back({ExitCause::no_data, summary.shortfall->text});
    }
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const ExitReason& a, const ExitReason& b) { return graver(a.cause, b.cause); });
}

}  // namespace

DurationFigures figures_of(const CensoredHistogram& both) {
  DurationFigures f;
  f.count = both.observed.count() + both.censored.count();
  if (f.count == 0) return f;
  f.min = minimum(both);
  f.mean = mean(both);
  f.p50 = percentile(both, 0.5);
  f.p90 = percentile(both, 0.9);
  f.p95 = percentile(both, 0.95);
  f.p99 = percentile(both, 0.99);
  f.p999 = percentile(both, 0.999);
  f.max = maximum(both);
  return f;
}

DurationFigures figures_of(const Histogram& histogram) {
  return figures_of(CensoredHistogram(histogram, Histogram(histogram.shared_boundaries())));
}

Summary make_summary(RunFacts facts, const Snapshot& totals, std::vector<ThresholdResult> thresholds,
                     Validity validity) {
  Summary summary;
  summary.exit_reasons = facts.exit_reasons;
  summary.run = std::move(facts);
  summary.catalog = totals.layout()->catalog;
  summary.validity = std::move(validity);
  summary.thresholds = std::move(thresholds);
  summary.schedule_lag = figures_of(totals.schedule_lag);
  summary.conformance = totals.conformance;
  summary.script_errors = totals.script_errors;
  summarize_arrivals(summary, totals);
  for (std::size_t i = 0; i < totals.steps.size(); ++i) {
    summary.steps.push_back(summarize_step(summary.catalog, static_cast<StepId>(i), totals.steps[i]));
  }
  summarize_people(summary, totals);
  summarize_networks(summary, totals);
  summarize_mail(summary, totals.mail);
  add_reasons(summary, totals);
  return summary;
}

}  // namespace gelombang
