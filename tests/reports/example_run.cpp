#include "tests/reports/example_run.hpp"

#include <chrono>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::seconds(1000)};

std::vector<std::string> threshold_texts(bool quiet) {
  if (quiet) return {"log in: response_time p95 < 800ms", "all: error_rate < 1%"};
  return {"log in: response_time p95 < 800ms",    "all: error_rate < 1%",
          "all: served_rate > 90% allow no data", "send photo: response_time p99 < 30s",
          "all: mail_delivery p95 < 1m min 1000", "all: rate >= 10/s",
          "log in: count > 5 over last 5s"};
}

RequestSample request(Duration service, Outcome outcome, ErrorClass error) {
  RequestSample r;
  r.service_time = service;
  r.phases = {1ms, 2ms, 5ms, service / 10, service / 2, service / 10};
  r.bytes_sent = 512;
  r.bytes_received = 4096;
  r.outcome = outcome;
  r.error = error;
  return r;
}

void play_step(Recorder& worker, StepId id, Duration service, Outcome outcome, ErrorClass error,
               std::optional<NetworkId> network = std::nullopt) {
  worker.attempt(id, true, false);
  worker.request(id, request(service, outcome, error), {true, 1, {}, network});
  worker.step(id, {service + 1ms, service, outcome, error});
  if (outcome == Outcome::success) worker.passed(id);
}

void play_well(Recorder& worker, int arrival, std::optional<NetworkId> network) {
  const Duration service = 20ms + (arrival % 10) * 5ms;
  worker.iteration_started(0, 200us + (arrival % 7) * 100us);
  play_step(worker, 0, service, Outcome::success, ErrorClass::none, network);
  play_step(worker, 1, 3 * service, Outcome::success, ErrorClass::none, network);
  worker.iteration_finished(0, {5s + service, Outcome::success, network});
  worker.person(0, {PersonFate::succeeded, StepId{1}, ErrorClass::none, 5s + service});
}

void play_trouble(Recorder& worker, int second) {
  worker.iteration_started(1, 3ms);
  play_step(worker, 2, 2s, Outcome::success, ErrorClass::none);
  worker.iteration_finished(1, {20s, Outcome::success});
  worker.person(1, {second == 0 ? PersonFate::left : PersonFate::succeeded, StepId{2}, ErrorClass::none, 20s});
  worker.iteration_started(1, 3ms);
  const ErrorClass error = second % 2 == 0 ? ErrorClass::http_413 : ErrorClass::http_503;
  play_step(worker, 2, 1ms, Outcome::failure, error);
  for (int retry = 0; retry < 2; ++retry) {
    worker.attempt(2, false, true);
    worker.request(2, request(1ms, Outcome::failure, error), {false, 1, {}});
    worker.step(2, {1ms, 1ms, Outcome::failure, error});
  }
  worker.double_submit(2);
  worker.request(2, request(1ms, Outcome::failure, error), {false, 1, {}});
  const bool away = second == 7;
  worker.iteration_finished(1, {1s, away ? Outcome::interrupted : Outcome::failure});
  worker.person(1, {away ? PersonFate::away : PersonFate::lost, StepId{2}, error, 1s, true});
  worker.iteration_dropped(1, DropReason::users_exhausted);
  worker.mail({MailResult::in_time, MailFolder::inbox, 2s});
}

void play_the_rest(Recorder& worker) {
  worker.iteration_started(1, 3ms);
  play_step(worker, 2, 8s, Outcome::interrupted, ErrorClass::none);
  worker.iteration_finished(1, {8s, Outcome::interrupted});
  worker.person(1, {PersonFate::interrupted, StepId{2}, ErrorClass::none, 8s, true});
  worker.iteration_started(1, 3ms);
  play_step(worker, 2, 30s, Outcome::abandoned, ErrorClass::abandoned);
  worker.iteration_finished(1, {30s, Outcome::abandoned});
  worker.person(1, {PersonFate::lost, StepId{2}, ErrorClass::abandoned, 30s, true});
  worker.iteration_started(0, 1s);
  worker.step(0, {1ms, 1ms, Outcome::failure, ErrorClass::generator_descriptors});
  worker.iteration_finished(0, {1ms, Outcome::failure});
  worker.person(0, {PersonFate::own_fault, StepId{0}, ErrorClass::generator_descriptors, 1ms, true});
  worker.mail({MailResult::late, MailFolder::spam, 45s});
  worker.mail({MailResult::lost, MailFolder::inbox, 120s});
  worker.mail({MailResult::pending, MailFolder::inbox, 4s});
  worker.mail({MailResult::duplicate, MailFolder::inbox, {}});
  worker.conformance("photo of 2000000 bytes", "413", "413", true);
  worker.conformance("photo of 2000000 bytes", "413", "413", true);
  worker.conformance("photo that is \xff no text\x1b[2J", "415", "200", false);
  worker.script_error(1, StepId{2},
                      "ktp_upload.lua:12: attempt to index a nil value\nstack traceback:\n\tktp_upload.lua:12");
}

}  // namespace

ExampleRun::ExampleRun(bool quiet) {
  Catalog catalog;
  catalog.journeys = {"login", "upload"};
  catalog.steps = {{0, "open page"}, {0, "log in"}, {1, "send photo"}};
  if (!quiet) catalog.networks = {"fibre", "3g", "satellite"};
  auto thresholds = parse_thresholds(threshold_texts(quiet), catalog).value();
  layout = make_layout(std::move(catalog), LatencyBoundaries::with(latency_limits(thresholds)).value());
  aggregator = std::make_unique<Aggregator>(layout, std::move(thresholds), kStart);
  Recorder worker(layout);
  for (int second = 0; second < 20; ++second) {
    for (int i = 0; i < 10; ++i) {
      play_well(worker, second * 10 + i, quiet ? std::nullopt : std::optional(static_cast<NetworkId>(i % 3 / 2)));
    }
    if (!quiet) play_trouble(worker, second);
    if (!quiet && second == 19) play_the_rest(worker);
    aggregator->add(worker.take());
    aggregator->tick(kStart + (second + 1) * 1s);
  }
  aggregator->finish();

  facts.id = "20260301-0500-7f3a";
  facts.scenario = "portal_mix.lua";
  facts.load = "smoke";
  facts.target = "http://127.0.0.1:8080";
  facts.version = "0.1.0";
  facts.seed = 18446744073709551615ULL;
  facts.started_at = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 5h + 250ms);
  facts.ended_at = facts.started_at + 20400ms;
  facts.took = 20400ms;
  facts.arrivals_took = 20s;
  facts.requested_rate = quiet ? 10 : 13.2;
  facts.expected = quiet ? 200 : 264.0;
  facts.planned = quiet ? 200 : 263;
  if (!quiet) facts.mailbox_poll_interval = 500ms;
  facts.generator = {3.25, 45'000'000, 2, 63, {}};
  GeneratorHealth& health = facts.generator.health;
  health.worker_cpu_share = 0.125;
  health.core_busy_share = 0.5;
  health.observed = 40s;
  health.gc_time = 12ms;
  health.descriptors_peak = 90;
  health.ports_peak = 260;
  health.late_arrivals = quiet ? 0 : 3;
  facts.catch_up = "capped";
  if (!quiet) {
    facts.history = "/home/user/.local/state/gelombang/history.sqlite";
    facts.annotations = {{facts.started_at + 12s, 12s, "stop", "a signal: no new arrivals"},
                         {facts.started_at + 13s, 13s, "history", "the recording stopped: the disk is \xff full"}};
  }
  if (!quiet) {
    Evidence refused;
    refused.step = 2;
    refused.sample.error = ErrorClass::http_413;
    refused.detail = "expected status 201";
    facts.first_failures.shown = {{"upload", "send photo", 1s, facts.started_at + 1s, refused}};
  }
  if (!quiet) facts.exit_reasons.push_back({ExitCause::stopped, "stopped by SIGINT"});
}

Summary ExampleRun::summary() const {
  std::vector<Threshold> thresholds;
  for (const ThresholdResult& t : aggregator->thresholds()) thresholds.push_back(t.threshold);
  return make_summary(facts, aggregator->totals(), aggregator->thresholds(),
                      judge_validity(validity_facts(aggregator->totals(), thresholds)));
}

}  // namespace gelombang::test
