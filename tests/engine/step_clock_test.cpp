#include "engine/step_clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

// A step whose clock stands still between the calls.
struct Timeline {
  test::FakeClock clock;
  StepClock step;
  TimePoint intended = clock.now();

  Timeline() { step.begin(intended); }
  void wait(Duration time) { clock.advance(time); }
  void request(Duration time) {
    step.request_started(clock.now());
    clock.advance(time);
    step.request_ended(clock.now());
  }
  // Wakes up `late` after the planned end of the pause.
  void pause(Duration length, Duration late = 0s) {
    step.paused(length, clock.now() + length);
    clock.advance(length + late);
  }
  StepSample finish(Outcome outcome = Outcome::success) {
    return step.finish(outcome, outcome == Outcome::failure ? ErrorClass::http_500 : ErrorClass::none, clock.now());
  }
};

}  // namespace

TEST_CASE("step clock: response time counts from the intended start, service time from the actual one") {
  Timeline time;
  time.wait(2s);  // the worker was busy
  time.request(300ms);
  const StepSample sample = time.finish();
  CHECK(sample.response_time == 2300ms);
  CHECK(sample.service_time == 300ms);
  CHECK(sample.timed);
  CHECK(sample.outcome == Outcome::success);
  CHECK(sample.error == ErrorClass::none);
  CHECK(time.step.resumes_at() == time.clock.now());
}

TEST_CASE("step clock: a step lasts from its first request to its last byte") {
  Timeline time;
  time.request(100ms);
  time.wait(50ms);  // the script's own work
  time.request(200ms);
  const TimePoint last_byte = time.clock.now();
  time.wait(1s);  // the script's work after the response
  const StepSample sample = time.finish();
  CHECK(sample.response_time == 350ms);
  CHECK(sample.service_time == 350ms);
  CHECK(time.step.resumes_at() == last_byte);
}

TEST_CASE("step clock: pauses inside a step count in neither") {
  SECTION("before the first request") {
    Timeline time;
    time.pause(5s);
    time.request(100ms);
    CHECK(time.finish().response_time == 100ms);
    CHECK(time.finish().service_time == 100ms);
  }
  SECTION("between requests") {
    Timeline time;
    time.request(100ms);
    time.pause(5s);
    time.pause(3s);
    time.request(200ms);
    CHECK(time.finish().response_time == 300ms);
    CHECK(time.finish().service_time == 300ms);
  }
  SECTION("after the last one") {
    Timeline time;
    time.request(100ms);
    time.pause(5s);
    CHECK(time.finish().response_time == 100ms);
    CHECK(time.finish().service_time == 100ms);
    CHECK(time.step.resumes_at() == time.intended + 5100ms);
  }
}

TEST_CASE("step clock: a late wake-up is response time, not service time") {
  SECTION("before the first request") {
    Timeline time;
    time.pause(5s, 700ms);
    time.request(100ms);
    CHECK(time.finish().response_time == 800ms);
    CHECK(time.finish().service_time == 100ms);
  }
  SECTION("between requests") {
    Timeline time;
    time.request(100ms);
    time.pause(5s, 700ms);
    time.request(200ms);
    time.pause(1s, 10ms);
    time.request(50ms);
    CHECK(time.finish().response_time == 1060ms);
    CHECK(time.finish().service_time == 350ms);
  }
  SECTION("after the last one it is the next step's") {
    Timeline time;
    time.request(100ms);
    time.pause(5s, 700ms);
    CHECK(time.finish().response_time == 100ms);
    CHECK(time.step.resumes_at() == time.clock.now() - 700ms);
  }
}

TEST_CASE("step clock: a step without a request has no time") {
  Timeline time;
  time.wait(3s);
  const StepSample sample = time.finish();
  CHECK_FALSE(sample.timed);
  CHECK(sample.response_time == 0s);
  CHECK(sample.service_time == 0s);
  CHECK(time.step.resumes_at() == time.intended);
}

TEST_CASE("step clock: a failure keeps its class and ends with the last byte") {
  Timeline time;
  time.wait(1s);
  time.request(100ms);
  time.wait(1s);
  const StepSample sample = time.finish(Outcome::failure);
  CHECK(sample.outcome == Outcome::failure);
  CHECK(sample.error == ErrorClass::http_500);
  CHECK(sample.response_time == 1100ms);
  CHECK(sample.service_time == 100ms);
}

TEST_CASE("step clock: interrupted and abandoned steps last until now") {
  const Outcome outcome = GENERATE(Outcome::interrupted, Outcome::abandoned);
  SECTION("in a request") {
    Timeline time;
    time.wait(1s);
    time.step.request_started(time.clock.now());
    time.wait(4s);
    CHECK(time.finish(outcome).response_time == 5s);
    CHECK(time.finish(outcome).service_time == 4s);
  }
  SECTION("after a pause") {
    Timeline time;
    time.request(1s);
    time.pause(10s);
    time.wait(2s);
    CHECK(time.finish(outcome).response_time == 3s);
  }
  SECTION("in a pause, of which only what has passed is left out") {
    Timeline time;
    time.request(1s);
    time.step.paused(60s, time.clock.now() + 60s);
    time.wait(20s);
    CHECK(time.finish(outcome).response_time == 1s);
    CHECK(time.finish(outcome).service_time == 1s);
  }
  SECTION("before anything was sent") {
    Timeline time;
    time.wait(1500ms);
    CHECK(time.finish(outcome).response_time == 1500ms);
    CHECK(time.finish(outcome).service_time == 0s);
  }
}

TEST_CASE("step clock: nothing of a step is left in the next one") {
  Timeline time;
  time.pause(5s, 1s);
  time.request(1s);
  time.pause(2s);
  static_cast<void>(time.finish());
  time.step.begin(time.step.resumes_at());
  time.request(100ms);
  CHECK(time.finish().response_time == 100ms);
  CHECK(time.finish().service_time == 100ms);
}
