#include "metrics/thresholds/validity.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

ValidityFacts healthy() {
  ValidityFacts f;
  f.arrivals = 10'000;
  f.requests = 30'000;
  f.lag_p99 = 1ms;
  f.lag_max = 20ms;
  f.tightest_latency = 800ms;
  f.health.cpu_share = 0.5;
  f.health.descriptors_peak = 500;
  f.health.descriptors_limit = 1024;
  f.health.ports_peak = 100;
  f.health.ports_limit = 28'000;
  return f;
}

void drop(ValidityFacts& f, DropReason reason, std::uint64_t n) { f.dropped[static_cast<std::size_t>(reason)] = n; }

}  // namespace

TEST_CASE("validity: a healthy run is valid, for no reason", "[unit]") {
  const Validity v = judge_validity(healthy());
  CHECK(v.state == ValidityState::valid);
  CHECK(v.reasons.empty());
  CHECK(judge_validity({}).state == ValidityState::valid);
}

TEST_CASE("validity: schedule lag is judged against the tightest latency threshold", "[unit]") {
  ValidityFacts f = healthy();
  f.lag_p99 = 80ms;
  CHECK(judge_validity(f).state == ValidityState::valid);
  f.lag_p99 = 81ms;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f.lag_p99 = 401ms;
  CHECK(judge_validity(f).state == ValidityState::invalid);
  f.tightest_latency.reset();  // 1 s is assumed
  CHECK(judge_validity(f).state == ValidityState::degraded);
  CHECK(judge_validity(f).reasons[0] ==
        "schedule lag: one arrival in a hundred started 401 ms late or more, 40 % of the assumed latency limit of 1.00 "
        "s");
  f.lag_p99 = 2ms;
  f.tightest_latency = 3ms;  // the timers' resolution does not count as our fault
  CHECK(judge_validity(f).state == ValidityState::valid);
}

TEST_CASE("validity: one long stall shows even where the percentile hides it", "[unit]") {
  ValidityFacts f = healthy();
  f.lag_max = 999ms;
  CHECK(judge_validity(f).state == ValidityState::valid);
  f.lag_max = 2s;
  CHECK(judge_validity(f).state == ValidityState::degraded);
}

TEST_CASE("validity: drops of ours above 0.1 percent make a run invalid", "[unit]") {
  for (const DropReason r :
       {DropReason::generator_descriptors, DropReason::generator_memory, DropReason::generator_stall}) {
    ValidityFacts f = healthy();
    drop(f, r, 1);
    CHECK(judge_validity(f).state == ValidityState::degraded);
    drop(f, r, 10);
    CHECK(judge_validity(f).state == ValidityState::degraded);
    drop(f, r, 11);
    CHECK(judge_validity(f).state == ValidityState::invalid);
  }
}

TEST_CASE("validity: users that the target keeps busy never make a run invalid", "[unit]") {
  ValidityFacts f = healthy();
  drop(f, DropReason::users_exhausted, 9'999);
  CHECK(judge_validity(f).state == ValidityState::degraded);
}

TEST_CASE("validity: faults of ours above 0.1 percent of requests make a run invalid", "[unit]") {
  ValidityFacts f = healthy();
  f.own_faults = 30;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f.own_faults = 31;
  CHECK(judge_validity(f).state == ValidityState::invalid);
  f = healthy();
  f.mailbox_faults = 10'000;
  CHECK(judge_validity(f).state == ValidityState::degraded);
}

TEST_CASE("validity: CPU, descriptors, ports and clock degrade a run", "[unit]") {
  ValidityFacts f = healthy();
  f.health.cpu_share = 0.81;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f = healthy();
  f.health.descriptors_peak = 950;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f = healthy();
  f.health.ports_peak = 27'000;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  for (const Duration step : {Duration(1h), Duration(-1h)}) {
    f = healthy();
    f.health.clock_step = step;
    CHECK(judge_validity(f).state == ValidityState::degraded);
    CHECK(judge_validity(f).reasons.size() == 1);
  }
}

TEST_CASE("validity: loops that stood still count by the share of requests that they touch", "[unit]") {
  ValidityFacts f = healthy();
  f.health.observed = 100s;
  f.health.stalls = 3;
  f.health.stalled = 900ms;
  f.health.longest_stall = 400ms;
  CHECK(judge_validity(f).state == ValidityState::valid);
  f.health.stalled = 1100ms;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  CHECK(judge_validity(f).reasons[0] ==
        "event loop: 3 stalls of more than 100 ms, 1.1 % of the time, the longest 400 ms");
  f.health.stalled = 5100ms;
  CHECK(judge_validity(f).state == ValidityState::invalid);
  f.health.stalled = f.health.longest_stall = 1s;  // one stall that every user would notice
  f.health.observed = 1h;
  CHECK(judge_validity(f).state == ValidityState::degraded);
}

TEST_CASE("validity: a full worker, stolen time and pauses of the scripts degrade a run, a busy neighbour does not",
          "[unit]") {
  ValidityFacts f = healthy();
  f.health.observed = 100s;
  f.health.core_busy_share = 1;
  CHECK(judge_validity(f).state == ValidityState::valid);
  f.health.worker_cpu_share = 0.91;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f.health.worker_cpu_share = 0;
  f.health.steal_share = 0.11;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f.health.steal_share = 0;
  f.health.gc_longest = 101ms;
  CHECK(judge_validity(f).state == ValidityState::degraded);
  f.health.gc_longest = 5ms;
  f.health.gc_time = 11s;
  CHECK(judge_validity(f).state == ValidityState::degraded);
}

TEST_CASE("validity: the worst reason comes first", "[unit]") {
  ValidityFacts f = healthy();
  f.lag_p99 = 100ms;
  f.own_faults = 3'000;
  const Validity v = judge_validity(f);
  CHECK(v.state == ValidityState::invalid);
  REQUIRE(v.reasons.size() == 2);
  CHECK(v.reasons[0].rfind("faults of the generator: 3000", 0) == 0);
}

TEST_CASE("validity: the recorders' facts count each fault once", "[unit]") {
  Catalog c;
  c.journeys = {"j"};
  c.steps = {{0, "a"}};
  Recorder recorder(make_layout(std::move(c)));
  RequestSample request;
  request.outcome = Outcome::failure;
  request.error = ErrorClass::generator_ports;
  recorder.request(0, request);
  recorder.step(0, {1ms, 1ms, Outcome::failure, ErrorClass::generator_ports});
  recorder.step(0, {1ms, 1ms, Outcome::failure, ErrorClass::generator_memory});
  recorder.step(0, {1ms, 1ms, Outcome::failure, ErrorClass::mailbox_tls});
  recorder.step(0, {1ms, 1ms, Outcome::failure, ErrorClass::http_500});
  recorder.iteration_started(0, 7ms);
  recorder.iteration_dropped(0, DropReason::generator_memory);
  const ValidityFacts f = validity_facts(recorder.take(), {});
  CHECK(f.own_faults == 2);
  CHECK(f.mailbox_faults == 1);
  CHECK(f.requests == 1);
  CHECK(f.arrivals == 2);
  CHECK(f.lag_max == Duration(7ms));
  CHECK(f.dropped[static_cast<std::size_t>(DropReason::generator_memory)] == 1);
}
