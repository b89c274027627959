#include "tests/web/sample_run.hpp"

#include "base/random.hpp"
#include "metrics/recorder.hpp"
#include "metrics/thresholds/aggregator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::seconds(1000)};
constexpr std::array<std::string_view, 4> kSteps{"open page", "log in", "KTP photo", "join the wave"};
constexpr std::array<std::string_view, 3> kJourneys{"registration", "login", "upload"};

// A crowd that arrives all at once and then thins out. Its portal has an outage and is slow when it is full.
class Crowd {
 public:
  Crowd(const SampleOptions& options, std::shared_ptr<const MetricsLayout> layout)
      : options_(options), worker_(std::move(layout)), random_(7, RandomPurpose::draw, 0) {}

  [[nodiscard]] double rate(double at) const {
    const double length = to_seconds(options_.length);
    return 6 + 34 * std::exp(-at / (length / 4)) * (1 - std::exp(-at / 8));
  }
  // Plays one second. take() returns its counts.
  void second(double at) {
    const double length = to_seconds(options_.length);
    load_ = rate(at) / 40;
    outage_ = at > length * 0.4 && at < length * 0.4 + std::min(40.0, length / 15);
    carry_ += rate(at);
    for (; carry_ >= 1; carry_ -= 1) visit();
  }
  Recorder& worker() { return worker_; }

 private:
  void visit() {
    const auto journey = static_cast<JourneyId>(random_.below(kJourneys.size()));
    if (load_ > 0.8 && random_.below(60) == 0) return worker_.iteration_dropped(journey, DropReason::users_exhausted);
    worker_.iteration_started(journey, Duration(static_cast<std::int64_t>(random_.exponential() * 250'000)));
    for (std::size_t s = 0; s < options_.steps_of_a_journey; ++s) {
      const auto id = static_cast<StepId>(journey * options_.steps_of_a_journey + s);
      for (int attempt = 0;; ++attempt) {
        worker_.attempt(id, attempt == 0, attempt > 0);
        if (try_step(id, s % kSteps.size())) break;
        if (attempt < 2 && random_.below(3) > 0) continue;
        worker_.iteration_finished(journey, {8s, Outcome::failure});
        return worker_.person(journey, {PersonFate::lost, id, error_, 40s});
      }
      worker_.passed(id);
    }
    const Duration took = from_seconds(20 + 30 * random_.uniform());
    worker_.iteration_finished(journey, {took, Outcome::success});
    worker_.person(journey, {PersonFate::succeeded, StepId{0}, ErrorClass::none, took});
    if (journey == 0) mail();
  }

  bool try_step(StepId id, std::size_t kind) {
    constexpr std::array<double, 4> kTypical{0.03, 0.11, 0.7, 0.06};
    const double service = kTypical[kind] * std::exp(0.45 * random_.normal()) / std::max(0.12, 1.05 - load_);
    RequestSample request;
    StepSample step;
    step.service_time = request.service_time = from_seconds(service);
    step.response_time = from_seconds(service * (1 + load_ * random_.uniform()));
    const double send = kind == 2 ? 0.55 : 0.03;
    const std::array<double, kPhaseCount> shares{0.01, 0.04, 0.07, send, 0.8 - send, 0.08};
    for (std::size_t p = 0; p < kPhaseCount; ++p) request.phases[p] = from_seconds(service * shares[p]);
    request.bytes_sent = kind == 2 ? 1'400'000 : 900;
    request.bytes_received = 14'000;
    fail(request, step, kind);
    worker_.request(id, request);
    worker_.step(id, step);
    error_ = step.error;
    return step.outcome == Outcome::success;
  }

  void fail(RequestSample& request, StepSample& step, std::size_t kind) {
    const auto with = [&](Outcome outcome, ErrorClass error, Duration time) {
      request.outcome = step.outcome = outcome;
      request.error = step.error = error;
      request.service_time = step.service_time = step.response_time = time;
    };
    if (outage_ && random_.below(4) > 0) {
      return random_.below(3) == 0 ? with(Outcome::abandoned, ErrorClass::abandoned, 10s)
                                   : with(Outcome::failure, ErrorClass::http_503, 20ms);
    }
    if (kind == 2 && random_.below(25) == 0) return with(Outcome::failure, ErrorClass::http_413, 400ms);
    if (load_ > 0.7 && random_.below(30) == 0) return with(Outcome::failure, ErrorClass::wait_timeout, 15s);
    if (random_.below(300) == 0) with(Outcome::failure, ErrorClass::reset, 90ms);
  }

  void mail() {
    const double delay = 1.5 * std::exp(0.8 * random_.normal());
    if (outage_ && random_.below(4) == 0) return worker_.mail({MailResult::lost, MailFolder::inbox, 120s});
    const MailFolder folder = random_.below(9) == 0 ? MailFolder::spam : MailFolder::inbox;
    worker_.mail({delay > 6 ? MailResult::late : MailResult::in_time, folder, from_seconds(delay)});
  }

  const SampleOptions& options_;
  Recorder worker_;
  RandomStream random_;
  double carry_ = 0;
  double load_ = 0;
  bool outage_ = false;
  ErrorClass error_ = ErrorClass::none;
};

Catalog make_catalog(const SampleOptions& options) {
  Catalog catalog;
  for (const std::string_view journey : kJourneys) catalog.journeys.emplace_back(journey);
  for (JourneyId j = 0; j < kJourneys.size(); ++j) {
    for (std::size_t s = 0; s < options.steps_of_a_journey; ++s) {
      std::string name(kSteps[s % kSteps.size()]);
      if (s >= kSteps.size()) name += fmt::format(" {}", s / kSteps.size() + 1);
      if (j == 0 && s == 0) name += options.hostile;
      catalog.steps.push_back({j, std::move(name)});
    }
  }
  return catalog;
}

void add_rules(Recorder& worker, const std::string& hostile) {
  worker.conformance("photo of 1,999,999 bytes is taken" + hostile, "201", "201", true);
  worker.conformance("photo of 2,000,000 bytes is refused", "413 too_large", "413 too_large", true);
  worker.conformance("photo that is a GIF is refused", "415 not_jpeg_or_png", "415 not_jpeg_or_png", true);
  worker.conformance("photocopy is refused", "422 photocopy", "201" + hostile, false);
}

RunFacts make_facts(const SampleOptions& options, double expected, std::uint64_t planned) {
  RunFacts facts;
  facts.id = "20260301-050000-7f3a";
  facts.scenario = "portal_mix.lua" + options.hostile;
  facts.load = "opening";
  facts.target = "http://127.0.0.1:8080";
  facts.version = "0.1.0";
  facts.seed = 18'446'744'073'709'551'615ULL;
  facts.started_at = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 5h);
  facts.ended_at = facts.started_at + std::chrono::duration_cast<WallTime::duration>(options.length);
  facts.took = facts.arrivals_took = options.length;
  facts.expected = expected;
  facts.planned = planned;
  facts.requested_rate = expected / to_seconds(options.length);
  facts.mailbox_poll_interval = 500ms;
  facts.catch_up = "capped";
  facts.generator = {41.5, 96'000'000, 2, 512, {}};
  if (!options.hostile.empty()) facts.exit_reasons.push_back({ExitCause::stopped, "stopped: " + options.hostile});
  return facts;
}

FirstFailure failure(std::string_view step, Duration offset, WallTime started, ErrorClass error, int status) {
  FirstFailure one{"login", std::string(step), offset, started + offset, {}};
  one.evidence.method = "POST";
  one.evidence.url = "http://127.0.0.1:8080/api/sessions";
  one.evidence.sample.error = error;
  one.evidence.sample.status = status;
  return one;
}

FirstFailureList make_failures(const SampleOptions& options, WallTime started) {
  const Duration outage = options.length * 2 / 5;
  FirstFailure busy = failure("log in", outage, started, ErrorClass::http_503, 503);
  busy.evidence.sample.service_time = 5s;
  busy.evidence.sample.phases = {0s, RequestSample::kNotReached, RequestSample::kNotReached, 2ms, 4996ms, 2ms};
  busy.evidence.body = R"({"error":"DATABASE_BUSY"})" + options.hostile;
  FirstFailure list = failure("open page", outage + 3s, started, ErrorClass::assert_body, 200);
  list.evidence.method = "GET";
  list.evidence.url = "http://127.0.0.1:8080/masuk/" + std::string(300, 'x') + options.hostile;
  list.evidence.tries = 2;
  list.evidence.sample.service_time = 31ms;
  list.evidence.detail = "check: the form has a token" + options.hostile;
  list.evidence.body = "<!doctype html>\n<title>Masuk</title>\n" + std::string(400, '-') + options.hostile;
  FirstFailure mail = failure("join the wave", outage + 9s, started, ErrorClass::mail_missing, 0);
  mail.evidence.method.clear();
  mail.evidence.url.clear();
  mail.evidence.detail = "mailbox.wait: a mail within 120 s";
  return {{busy, list, mail}, 4};
}

}  // namespace

SampleRun make_sample(const SampleOptions& options) {
  Catalog catalog = make_catalog(options);
  const std::vector<std::string> expressions{"login/log in: response_time p95 < 800ms",
                                             "all: error_rate < 1%",
                                             "upload/KTP photo: response_time p95 < 5s",
                                             "all: served_rate > 80%",
                                             "all: mail_delivery p95 < 30s",
                                             "all: person_time p90 <= 1m30s",
                                             "all: service_time p99.9 < 1.5h30m"};
  auto thresholds = parse_thresholds(expressions, catalog).value();
  auto layout = make_layout(std::move(catalog), LatencyBoundaries::with(latency_limits(thresholds)).value());
  Aggregator aggregator(layout, thresholds, kStart);
  RunSeries series(layout);
  Crowd crowd(options, layout);
  Snapshot delta(layout);
  double expected = 0;
  const auto seconds = static_cast<int>(to_seconds(options.length));
  for (int s = 0; s < seconds; ++s) {
    crowd.second(s);
    expected += crowd.rate(s);
    if (s == 0) add_rules(crowd.worker(), options.hostile);
    if (s == 1 && !options.hostile.empty()) crowd.worker().script_error(0, StepId{0}, options.hostile);
    crowd.worker().take(delta);
    aggregator.add(delta);
    aggregator.tick(kStart + (s + 1) * 1s);
    const auto busy = static_cast<std::uint64_t>(crowd.rate(s) * 6);
    series.add({s * 1s,
                (s + 1) * 1s,
                crowd.rate(s),
                {busy / 3, busy, 512 - busy - busy / 3, busy / 20},
                ValidityState::valid,
                0,
                delta});
  }
  aggregator.finish();
  std::uint64_t planned = 0;
  for (const JourneySnapshot& j : aggregator.totals().journeys) planned += j.started + j.total_dropped();
  const RunFacts facts = make_facts(options, expected, planned);
  const Summary summary = make_summary(facts, aggregator.totals(), aggregator.thresholds(),
                                       judge_validity(validity_facts(aggregator.totals(), thresholds)));
  SampleRun run;
  const Duration third = options.length * 2 / 5;
  run.annotations = {{facts.started_at + third, third, "control", "rate times 0.5 from here on" + options.hostile},
                     {facts.started_at + 2 * third, 2 * third, "history", "the disk was full for a moment"}};
  run.first_failures = make_failures(options, facts.started_at);
  run.summary_json = gelombang::summary_json(summary);
  run.series_json = gelombang::series_json(series);
  return run;
}

}  // namespace gelombang::test
