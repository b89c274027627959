#include "metrics/thresholds/aggregator.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{std::chrono::seconds(500)};

std::shared_ptr<const MetricsLayout> one_step() {
  Catalog c;
  c.journeys = {"j"};
  c.steps = {{0, "a"}};
  return make_layout(std::move(c));
}

void play(Recorder& worker, int n, Duration response, Outcome outcome = Outcome::success) {
  for (int i = 0; i < n; ++i) {
    worker.iteration_started(0, 1ms);
    worker.step(0, {response, response, outcome, outcome == Outcome::success ? ErrorClass::none : ErrorClass::reset});
    worker.iteration_finished(0, {response, outcome});
  }
}

}  // namespace

TEST_CASE("aggregator: totals are the sum over workers and seconds", "[unit]") {
  const auto layout = one_step();
  Recorder w1(layout);
  Recorder w2(layout);
  Aggregator aggregator(layout, {}, kStart);
  Snapshot delta(layout);
  for (int second = 1; second <= 30; ++second) {
    play(w1, 5, 10ms);
    play(w2, 3, 20ms, Outcome::failure);
    for (Recorder* w : {&w1, &w2}) {
      w->take(delta);
      aggregator.add(delta);
    }
    aggregator.tick(kStart + second * 1s);
  }
  const Snapshot& t = aggregator.totals();
  CHECK(t.journeys[0].started == 240);
  CHECK(t.steps[0].steps[CountedResult::success] == 150);
  CHECK(t.steps[0].steps.failed() == 90);
  CHECK(t.schedule_lag.count() == 240);
}

TEST_CASE("aggregator: recent figures are those of the last ten seconds", "[unit]") {
  const auto layout = one_step();
  Recorder worker(layout);
  Aggregator aggregator(layout, {}, kStart);
  CHECK(aggregator.recent().started_rate == 0);
  CHECK_FALSE(aggregator.recent().error_rate.has_value());
  const auto second = [&](int at) {
    aggregator.add(worker.take());
    aggregator.tick(kStart + at * 1s);
  };
  play(worker, 100, 5s, Outcome::failure);
  second(1);
  CHECK(aggregator.recent().started_rate == Approx(100));
  CHECK(aggregator.recent().error_rate == Approx(1));
  CHECK_FALSE(aggregator.recent().response_time_p95.has_value());
  for (int i = 2; i <= 11; ++i) {
    play(worker, 10, 40ms);
    second(i);
  }
  const RecentFigures figures = aggregator.recent();
  CHECK(figures.started_rate == Approx(10));
  CHECK(figures.completed_rate == Approx(10));
  CHECK(figures.step_rate == Approx(10));
  CHECK(figures.error_rate == Approx(0));
  CHECK(figures.response_time_p95->value == 40ms);
}

TEST_CASE("aggregator: an interval that is longer than what is recent is shown whole", "[unit]") {
  const auto layout = one_step();
  Recorder worker(layout);
  Aggregator aggregator(layout, {}, kStart);
  Snapshot delta(layout);
  play(worker, 90, 10ms);
  worker.take(delta);
  aggregator.add(delta);
  aggregator.tick(kStart + 30s);  // the machine was asleep
  CHECK(aggregator.recent().started_rate == Approx(3));
  aggregator.tick(kStart + 31s);
  CHECK(aggregator.recent().started_rate == Approx(0));
}

TEST_CASE("aggregator: thresholds are judged as time goes on, and an abort is told", "[unit]") {
  Catalog c;
  c.journeys = {"j"};
  c.steps = {{0, "a"}};
  const std::vector<std::string> texts{"a: error_rate < 10% over last 2s abort", "all: rate > 5/s"};
  const auto thresholds = parse_thresholds(texts, c).value();
  const auto layout = make_layout(c, LatencyBoundaries::with(latency_limits(thresholds)).value());
  Recorder worker(layout);
  Aggregator aggregator(layout, thresholds, kStart);
  const auto second = [&](int at, Outcome outcome) {
    play(worker, 10, 1ms, outcome);
    aggregator.add(worker.take());
    aggregator.tick(kStart + at * 1s);
  };
  for (int i = 1; i <= 4; ++i) second(i, Outcome::success);
  CHECK(aggregator.abort() == nullptr);
  second(5, Outcome::failure);
  REQUIRE(aggregator.abort() != nullptr);
  CHECK(aggregator.abort()->threshold.expression == texts[0]);
  aggregator.arrivals_ended(kStart + 5s);
  aggregator.tick(kStart + 15s);
  aggregator.finish();
  CHECK(aggregator.thresholds()[0].verdict.state == ThresholdState::fail);
  CHECK(aggregator.thresholds()[1].verdict.value == Approx(10));
}

TEST_CASE("aggregator: ticks at one and the same time divide by nothing", "[unit]") {
  const auto layout = one_step();
  Aggregator aggregator(layout, {}, kStart);
  aggregator.tick(kStart);
  aggregator.tick(kStart);
  aggregator.tick(kStart - 1s);
  CHECK(aggregator.recent().started_rate == 0);
}

TEST_CASE("aggregator: the recent figures do not stay as they were while nobody is answered", "[unit]") {
  const auto layout = one_step();
  Recorder worker(layout);
  Aggregator aggregator(layout, {}, kStart);
  std::vector<OpenVisit> open;
  Snapshot delta(layout);
  const auto look = [&](int at) {
    open.clear();
    worker.take(delta, open);
    aggregator.add(delta);
    aggregator.add(open, kStart + at * 1s);
    aggregator.tick(kStart + at * 1s);
  };
  play(worker, 100, 100ms);
  look(1);
  for (int i = 0; i < 100; ++i) {
    const auto visit = worker.visit_began(0, kStart + 1s, kStart + 1s);
    worker.attempt(0, true, false, visit, kStart + 1s, kStart + 1s);
  }
  look(6);
  REQUIRE(aggregator.recent().response_time_p95);
  CHECK(aggregator.recent().response_time_p95->lower_bound);
  CHECK(aggregator.recent().response_time_p95->value >= 4900ms);
  CHECK(aggregator.recent().error_rate == Approx(0));
  look(12);
  CHECK(aggregator.recent().error_rate == Approx(1));
  CHECK(aggregator.overdue_steps() == 100);
  const Snapshot so_far = aggregator.so_far();
  CHECK(so_far.steps[0].steps.failed() == 100);
  CHECK(so_far.steps[0].response_time.censored.count() == 100);
  CHECK(so_far.journeys[0].duration.censored.min() == 11s);
  CHECK(aggregator.totals().steps[0].steps.failed() == 0);
  look(13);
  CHECK(aggregator.overdue_steps() == 100);
}

TEST_CASE("aggregator: the silence before the end counts from the last answer to the end of arrivals", "[unit]") {
  const auto layout = one_step();
  Recorder worker(layout);
  Aggregator aggregator(layout, {}, kStart);
  const auto second = [&](int at, Outcome outcome, ErrorClass error) {
    RequestSample request;
    request.outcome = outcome;
    request.error = error;
    worker.request(0, request);
    aggregator.add(worker.take());
    aggregator.tick(kStart + at * 1s);
  };
  second(1, Outcome::success, ErrorClass::none);
  second(2, Outcome::failure, ErrorClass::tcp_refused);
  second(3, Outcome::failure, ErrorClass::http_503);
  CHECK(aggregator.silence().failed == 0);
  second(4, Outcome::failure, ErrorClass::tcp_refused);
  second(5, Outcome::failure, ErrorClass::generator_ports);
  aggregator.arrivals_ended(kStart + 6s);
  second(9, Outcome::interrupted, ErrorClass::none);
  CHECK(aggregator.silence().lasted == 3s);
  CHECK(aggregator.silence().failed == 1);
  CHECK(aggregator.silence().interrupted == 1);
}
