#include "metrics/under_way.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <chrono>
#include <thread>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{std::chrono::seconds(100)};

std::shared_ptr<const MetricsLayout> one_step() {
  Catalog c;
  c.journeys = {"j"};
  c.steps = {{0, "a"}};
  return make_layout(std::move(c));
}

}  // namespace

TEST_CASE("under way: both clocks of a step run from their starts and stand still in pauses", "[unit]") {
  OpenStep step{0, kStart, kStart + 1s, {}, {}};
  CHECK(step.response_age(kStart + 3s) == 3s);
  CHECK(step.service_age(kStart + 3s) == 2s);
  CHECK(step.service_age(kStart) == 0s);
  step.pause(kStart + 3s, kStart + 5s);
  CHECK(step.response_age(kStart + 2s) == 2s);
  CHECK(step.response_age(kStart + 4s) == 3s);
  CHECK(step.response_age(kStart + 5s) == 3s);
  // A late wake-up is no pause.
  CHECK(step.response_age(kStart + 6s) == 4s);
  step.pause(kStart + 6s, TimePoint::max());
  CHECK(step.response_age(kStart + 1000s) == 4s);
  CHECK(step.service_age(kStart + 1000s) == 3s);
  step.resume(kStart + 10s);
  CHECK(step.response_age(kStart + 11s) == 5s);
}

TEST_CASE("under way: a picture shows each visit that is open, by step and journey", "[unit]") {
  const auto layout = one_step();
  Recorder recorder(layout);
  const auto first = recorder.visit_began(0, kStart, kStart + 100ms);
  recorder.attempt(0, true, false, first, kStart, kStart + 100ms);
  const auto second = recorder.visit_began(0, kStart + 1s, kStart + 1s);
  const auto picture = [&](TimePoint now) {
    Snapshot delta(layout);
    std::vector<OpenVisit> open;
    recorder.take(delta, open);
    UnderWay under_way(*layout);
    under_way.add(open, now);
    return under_way;
  };
  const UnderWay both = picture(kStart + 2s);
  CHECK(both.steps[0].response_time.count() == 1);
  CHECK(both.steps[0].response_time.max() == 2s);
  CHECK(both.steps[0].service_time.max() == 1900ms);
  CHECK(both.journeys[0].duration.count() == 2);
  CHECK(both.journeys[0].duration.min() == 1s);
  CHECK(both.journeys[0].person_time.max() == 2s);
  recorder.step(0, {2s, 2s, Outcome::success, ErrorClass::none}, first);
  CHECK(picture(kStart + 3s).steps[0].response_time.empty());
  CHECK(picture(kStart + 3s).journeys[0].duration.count() == 2);
  recorder.iteration_finished(0, {3s, Outcome::success}, first);
  recorder.iteration_finished(0, {3s, Outcome::interrupted}, second);
  CHECK(picture(kStart + 4s).journeys[0].duration.empty());
  // The places of ended visits are reused.
  CHECK(recorder.visit_began(0, kStart, kStart) <= 1);
}

TEST_CASE("under way: whoever ends while a picture is taken is in it or among the counts, never in both", "[unit]") {
  const auto layout = one_step();
  Recorder recorder(layout);
  constexpr std::uint64_t kVisits = 20'000;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (std::uint64_t i = 0; i < kVisits; ++i) {
      const auto visit = recorder.visit_began(0, kStart, kStart);
      recorder.attempt(0, true, false, visit, kStart, kStart);
      recorder.step(0, {1ms, 1ms, Outcome::success, ErrorClass::none}, visit);
      recorder.iteration_finished(0, {1ms, Outcome::success}, visit);
    }
    done = true;
  });
  Snapshot totals(layout);
  Snapshot delta(layout);
  std::vector<OpenVisit> open;
  std::uint64_t wrong = 0;
  for (bool last = false; !last;) {
    last = done;
    open.clear();
    recorder.take(delta, open);
    totals.merge(delta);
    const std::uint64_t in_step = open.empty() || !open[0].step ? 0 : 1;
    const StepSnapshot& step = totals.steps[0];
    if (step.people.attempts() != step.steps.total() + in_step) ++wrong;
  }
  worker.join();
  CHECK(wrong == 0);
  CHECK(totals.steps[0].steps.total() == kVisits);
}
