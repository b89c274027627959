#include "metrics/recorder.hpp"

#include "tests/support/catch.hpp"

#include <atomic>
#include <chrono>
#include <thread>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const MetricsLayout> two_steps() {
  Catalog catalog;
  catalog.journeys = {"login", "browse"};
  catalog.steps = {{0, "open"}, {1, "look"}};
  return make_layout(std::move(catalog));
}

RequestSample request_of(Outcome outcome, ErrorClass error) {
  RequestSample r;
  r.service_time = 5ms;
  r.phases[static_cast<std::size_t>(Phase::wait)] = 5ms;
  r.bytes_sent = 100;
  r.bytes_received = 1000;
  r.outcome = outcome;
  r.error = error;
  return r;
}

StepSample step_of(Outcome outcome, ErrorClass error, Duration response = 20ms, Duration service = 10ms) {
  return {response, service, outcome, error};
}

}  // namespace

TEST_CASE("recorder: a success is counted once, with both clocks and the phases that were reached", "[unit]") {
  Recorder recorder(two_steps());
  recorder.request(0, request_of(Outcome::success, ErrorClass::none));
  recorder.step(0, step_of(Outcome::success, ErrorClass::none));
  const Snapshot s = recorder.take();
  const StepSnapshot& step = s.steps[0];
  CHECK(step.requests[CountedResult::success] == 1);
  CHECK(step.steps[CountedResult::success] == 1);
  CHECK(step.response_time.observed.max() == 20ms);
  CHECK(step.service_time.observed.max() == 10ms);
  CHECK(step.phases[static_cast<std::size_t>(Phase::wait)].count() == 1);
  CHECK(step.phases[static_cast<std::size_t>(Phase::dns)].count() == 0);
  CHECK(step.bytes_sent == 100);
  CHECK(step.bytes_received == 1000);
  CHECK(s.steps[1].steps.total() == 0);
}

TEST_CASE("recorder: a failure really raises the failure count, and has its own histogram", "[unit]") {
  Recorder recorder(two_steps());
  recorder.step(1, step_of(Outcome::failure, ErrorClass::http_500));
  recorder.step(1, step_of(Outcome::failure, ErrorClass::http_500));
  recorder.step(1, step_of(Outcome::failure, ErrorClass::assert_body));
  recorder.request(1, request_of(Outcome::failure, ErrorClass::http_500));
  const Snapshot s = recorder.take();
  const StepSnapshot& step = s.steps[1];
  CHECK(step.steps[CountedResult::failure] == 3);
  CHECK(step.steps.failed() == 3);
  CHECK(step.steps.finished() == 3);
  CHECK(step.steps[ErrorClass::http_500] == 2);
  CHECK(step.steps[ErrorClass::assert_body] == 1);
  CHECK(step.requests[ErrorClass::http_500] == 1);
  CHECK(step.response_time_failed.count() == 3);
  CHECK(step.service_time_failed.count() == 3);
  CHECK(step.response_time.observed.empty());
  CHECK(step.response_time.censored.empty());
  CHECK(step.phases[static_cast<std::size_t>(Phase::wait)].empty());
}

TEST_CASE("recorder: faults of the generator and the mailbox are no failures of the target", "[unit]") {
  Recorder recorder(two_steps());
  for (const ErrorClass e : {ErrorClass::generator_descriptors, ErrorClass::consent, ErrorClass::mailbox_auth}) {
    recorder.step(0, step_of(Outcome::failure, e));
  }
  const Snapshot s = recorder.take();
  CHECK(s.steps[0].steps.failed() == 0);
  CHECK(s.steps[0].steps.finished() == 0);
  CHECK(s.steps[0].steps[CountedResult::own_fault] == 3);
  CHECK(s.steps[0].steps[ErrorClass::generator_descriptors] == 1);
  CHECK(s.steps[0].response_time_failed.empty());
}

TEST_CASE("recorder: interrupted is no failure, abandoned is one, both are censored durations", "[unit]") {
  Recorder recorder(two_steps());
  recorder.step(0, step_of(Outcome::interrupted, ErrorClass::none, 3s, 2s));
  recorder.step(0, step_of(Outcome::abandoned, ErrorClass::abandoned, 7s, 6s));
  const Snapshot s = recorder.take();
  const StepSnapshot& step = s.steps[0];
  CHECK(step.steps[CountedResult::interrupted] == 1);
  CHECK(step.steps[CountedResult::abandoned] == 1);
  CHECK(step.steps.failed() == 1);
  CHECK(step.steps.finished() == 1);
  CHECK(step.steps[ErrorClass::abandoned] == 1);
  CHECK(step.response_time.censored.count() == 2);
  CHECK(step.response_time.censored.max() == 7s);
  CHECK(step.service_time.censored.max() == 6s);
  CHECK(step.response_time_abandoned.count() == 1);
  CHECK(step.service_time_abandoned.max() == 6s);
  CHECK(step.response_time_failed.empty());
}

TEST_CASE("recorder: iterations, drops and lag are kept by journey", "[unit]") {
  Recorder recorder(two_steps());
  recorder.iteration_started(0, 2ms);
  recorder.iteration_started(1, 4ms);
  recorder.iteration_finished(0, {1s, Outcome::success});
  recorder.iteration_finished(1, {2s, Outcome::interrupted});
  recorder.iteration_dropped(1, DropReason::users_exhausted);
  const Snapshot s = recorder.take();
  CHECK(s.journeys[0].started == 1);
  CHECK(s.journeys[0][Outcome::success] == 1);
  CHECK(s.journeys[0].duration.observed.max() == 1s);
  CHECK(s.journeys[1][Outcome::interrupted] == 1);
  CHECK(s.journeys[1].duration.observed.empty());
  CHECK(s.journeys[1][DropReason::users_exhausted] == 1);
  CHECK(s.journeys[1].decided() == 2);
  CHECK(s.schedule_lag.count() == 2);
  CHECK(s.schedule_lag.max() == 4ms);
}

TEST_CASE("recorder: mails are counted by result, their delivery by folder", "[unit]") {
  Recorder recorder(two_steps());
  recorder.mail({MailResult::in_time, MailFolder::inbox, 3s});
  recorder.mail({MailResult::late, MailFolder::spam, 40s});
  recorder.mail({MailResult::lost, MailFolder::inbox, 120s});
  recorder.mail({MailResult::pending, MailFolder::inbox, 0s});
  recorder.mail({MailResult::unknown, MailFolder::inbox, 9s});
  recorder.mail({MailResult::hidden, MailFolder::inbox, 9s});
  recorder.mail({MailResult::late, MailFolder::inbox, 31s, "", true});
  const Snapshot s = recorder.take();
  CHECK(s.mail[MailResult::in_time] == 1);
  CHECK(s.mail[MailResult::late] == 2);
  CHECK(s.mail[MailResult::hidden] == 1);
  CHECK(s.mail[MailResult::lost] == 1);
  CHECK(s.mail[MailResult::pending] == 1);
  CHECK(s.mail[MailResult::unknown] == 1);
  CHECK(s.mail.delivery[0].max() == 3s);
  CHECK(s.mail.delivery[1].max() == 40s);
  CHECK(s.mail.waited.count() == 2);
  CHECK(s.mail.waited.max() == 120s);
}

TEST_CASE("recorder: equal conformance rows are one, and none is lost to the limit on rows", "[unit]") {
  Recorder recorder(two_steps());
  recorder.conformance("size", "413", "413", true);
  recorder.conformance("size", "413", "413", true);
  recorder.conformance("size", "413", "200", false);
  for (int i = 0; i < 1500; ++i) recorder.conformance("rule " + std::to_string(i), "a", "b", false);
  Snapshot total = recorder.take();
  CHECK(total.conformance.rows.size() == ConformanceTable::kMaximumRows);
  CHECK(total.conformance.rows[0].count == 2);
  CHECK(total.conformance.reported == 1503);
  CHECK(total.conformance.violated == 1501);
  recorder.conformance("size", "413", "413", true);
  total.merge(recorder.take());
  CHECK(total.conformance.rows[0].count == 3);
  CHECK(total.conformance.reported == 1504);
  CHECK(total.conformance.violated == 1501);
}

TEST_CASE("recorder: of script errors the first is kept and all are counted", "[unit]") {
  Recorder recorder(two_steps());
  recorder.script_error(1, StepId{1}, "first");
  recorder.script_error(0, std::nullopt, "second");
  Snapshot total = recorder.take();
  recorder.script_error(0, std::nullopt, "third");
  total.merge(recorder.take());
  CHECK(total.script_errors.count == 3);
  CHECK(total.script_errors.first->text == "first");
  CHECK(total.script_errors.first->journey == 1);
  CHECK(total.script_errors.first->step == StepId{1});
}

TEST_CASE("recorder: deltas are taken once, and merged they equal one recording", "[unit]") {
  const auto layout = two_steps();
  Recorder in_parts(layout);
  Recorder at_once(layout);
  Snapshot delta(layout);
  Snapshot total(layout);
  for (int i = 0; i < 1000; ++i) {
    const auto sample = step_of(i % 7 == 0 ? Outcome::failure : Outcome::success,
                                i % 7 == 0 ? ErrorClass::reset : ErrorClass::none, i * 1ms, i * 500us);
    in_parts.step(static_cast<StepId>(i % 2), sample);
    at_once.step(static_cast<StepId>(i % 2), sample);
    if (i % 100 == 0) {
      in_parts.take(delta);
      total.merge(delta);
    }
  }
  in_parts.take(delta);
  total.merge(delta);
  in_parts.take(delta);
  CHECK(delta.steps[0].steps.total() == 0);
  const Snapshot expected = at_once.take();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(total.steps[i].steps.by_result == expected.steps[i].steps.by_result);
    CHECK(total.steps[i].steps.by_error == expected.steps[i].steps.by_error);
    CHECK(total.steps[i].response_time.observed.count() == expected.steps[i].response_time.observed.count());
    CHECK(total.steps[i].response_time.observed.sum_nanoseconds() ==
          expected.steps[i].response_time.observed.sum_nanoseconds());
    CHECK(total.steps[i].response_time.observed.percentile(0.9) ==
          expected.steps[i].response_time.observed.percentile(0.9));
  }
}

TEST_CASE("recorder: nothing is lost between a recording thread and a taking one", "[unit]") {
  const auto layout = two_steps();
  Recorder recorder(layout);
  constexpr std::uint64_t kSamples = 50'000;
  std::atomic<bool> done{false};
  std::thread worker([&recorder, &done] {
    for (std::uint64_t i = 0; i < kSamples; ++i) recorder.step(0, step_of(Outcome::success, ErrorClass::none));
    done = true;
  });
  Snapshot delta(layout);
  Snapshot total(layout);
  bool last = false;
  while (!last) {
    last = done;
    recorder.take(delta);
    total.merge(delta);
  }
  worker.join();
  CHECK(total.steps[0].steps[CountedResult::success] == kSamples);
  CHECK(total.steps[0].response_time.observed.count() == kSamples);
}

TEST_CASE("recorder: a step without requests is counted, but has no durations", "[unit]") {
  Recorder recorder(two_steps());
  StepSample sample;
  sample.timed = false;
  recorder.step(0, sample);
  const Snapshot taken = recorder.take();
  CHECK(taken.steps[0].steps.finished() == 1);
  CHECK(taken.steps[0].response_time.observed.count() == 0);
  CHECK(taken.steps[0].service_time.observed.count() == 0);
}
