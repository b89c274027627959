// The times of a virtual user's steps, and how an interruption changes them.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

TEST_CASE("user: response time counts from the intended start, service time does not") {
  UserStage stage(with_steps("one(function() http.get '/a' end)\ntwo(function() http.get '/b' end)"), ok);
  Iteration late = stage.iteration(0);
  late.intended -= 2s;
  stage.play(late);
  const StepSnapshot& one = stage.step("one");
  CHECK(one.response_time.observed.min() >= 2s);
  CHECK(one.service_time.observed.max() <= one.response_time.observed.min() - 2s);
  // The lag is charged once: the second step begins where the first one ended.
  const StepSnapshot& two = stage.step("two");
  CHECK(two.response_time.observed.max() + one.response_time.observed.max() < 4s);
}

TEST_CASE("user: think time is in no step's time and shifts the next one's intended start") {
  UserStage stage(with_steps("one(function() http.get '/a' end)\n"
                             "think('300ms', '300ms')\n"
                             "two(function() http.get '/b'; sleep '200ms'; http.get '/c' end)\n"),
                  ok);
  const Iteration iteration = stage.iteration(0);
  stage.play(iteration);
  const Duration whole = stage.now() - iteration.intended;
  const Duration one = stage.step("one").response_time.observed.max();
  const Duration two = stage.step("two").response_time.observed.max();
  // Every moment is in a step or in a pause. Log-normal times with equal ends are exact to one part in 10^12.
  CHECK(one + two <= whole - 500ms + 1us);
  CHECK(stage.recorded().journeys[0].duration.observed.max() >= 500ms);
  CHECK(stage.step("two").service_time.observed.max() <= two);
}

TEST_CASE("user: an interrupted request is a censored step") {
  std::atomic<bool> reached{false};
  std::atomic<bool> over{false};
  UserStage stage(with_steps("one(function() http.get '/slow' end)\ntwo(function() http.get '/b' end)"),
                  [&](const std::string&) {
                    reached = true;
                    while (!over) std::this_thread::sleep_for(5ms);
                    return http_answer("late");
                  });
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return reached.load(); });
  const TimePoint before = stage.now();
  stage.interrupt(0);
  stage.wait_for_end();
  over = true;
  CHECK(count_of(stage.step("one"), CountedResult::interrupted) == 1);
  CHECK(stage.step("one").response_time.observed.count() == 0);
  CHECK(stage.step("one").response_time.censored.count() == 1);
  CHECK(stage.step("one").requests[CountedResult::interrupted] == 1);
  CHECK(stage.step("two").steps.total() == 0);
  CHECK(stage.recorded().journeys[0][Outcome::interrupted] == 1);
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(stage.now() - before < 10s);
}

TEST_CASE("user: an interrupted pause ends at once, and a step in it is censored without the pause") {
  const bool in_step = GENERATE(false, true);
  UserStage stage(with_steps(in_step ? "one(function() http.get '/a'; sleep '1h'; http.get '/b' end)"
                                     : "one(function() http.get '/a' end)\nsleep '1h'"),
                  ok);
  const Iteration iteration = stage.iteration(0);
  stage.begin(iteration);
  stage.wait_until([&] { return stage.recorded().steps[0].requests.total() == 1; });
  stage.wait_until([&] { return stage.now() - iteration.intended > 200ms; });
  stage.interrupt(0);
  stage.wait_for_end();
  CHECK(stage.recorded().journeys[0][Outcome::interrupted] == 1);
  CHECK(count_of(stage.step("one"), CountedResult::interrupted) == (in_step ? 1 : 0));
  CHECK(count_of(stage.step("one"), CountedResult::success) == (in_step ? 0 : 1));
  CHECK(stage.step("one").response_time.censored.max() < stage.now() - iteration.intended);
}

TEST_CASE("user: interrupting twice, or when nothing runs, does nothing more") {
  UserStage stage(with_steps("one(function() http.get '/a' end)\nsleep '1h'"), ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.recorded().steps[0].requests.total() == 1; });
  stage.interrupt(0);
  stage.interrupt(0);
  stage.wait_for_end();
  stage.interrupt(0);
  CHECK(stage.recorded().journeys[0][Outcome::interrupted] == 1);
}

TEST_CASE("user: whoever waits for an answer is under way, from the intended start on") {
  std::promise<void> let_go;
  const std::shared_future<void> answer = let_go.get_future().share();
  UserStage stage(with_steps("one(function() http.get '/slow' end)\n"), [answer](const std::string&) {
    answer.wait();
    return http_answer("halo");
  });
  CHECK(stage.under_way().empty());
  const TimePoint intended = stage.now() - 3s;
  stage.begin({0, 0, intended});
  const auto waiting = stage.under_way();
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].journey == 0);
  CHECK(waiting[0].intended == intended);
  REQUIRE(waiting[0].step);
  CHECK(waiting[0].step->step == 0);
  CHECK(waiting[0].step->response_age(intended + 10s) == 10s);
  CHECK(waiting[0].step->service_age(intended + 10s) <= 7s);
  CHECK(waiting[0].step->service_age(stage.now() + 10s) >= 10s);
  let_go.set_value();
  stage.wait_for_end();
  CHECK(stage.under_way().empty());
}

TEST_CASE("user: in a pause inside a step nobody waits for the target") {
  UserStage stage(with_steps("one(function() http.get '/a'; sleep '1h' end)\n"), ok);
  const TimePoint intended = stage.now();
  stage.begin({0, 0, intended});
  stage.wait_until([&] { return stage.activity() == Activity::pausing; });
  const auto visits = stage.under_way();
  REQUIRE(visits.size() == 1);
  REQUIRE(visits[0].step);
  CHECK(visits[0].step->response_age(stage.now() + 59min) <= stage.now() - intended);
  stage.interrupt(0);
  stage.wait_for_end();
  CHECK(stage.under_way().empty());
}
