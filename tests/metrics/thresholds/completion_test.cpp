#include "metrics/thresholds/completion.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

CompletionFacts healthy() { return {100, 100, 50, 50, 50, 50, 0, 0, std::nullopt, 240s, {}, {}}; }

std::vector<ThresholdResult> judged(const std::string& expression, ThresholdState state) {
  ThresholdResult result;
  result.threshold = parse_threshold(expression).value();
  result.verdict.state = state;
  return {result};
}

std::string text_of(const CompletionFacts& facts) {
  const auto shortfall = judge_completion(facts, {});
  return shortfall ? shortfall->text : std::string();
}

}  // namespace

TEST_CASE("completion: a run in which people got through has no shortfall", "[unit]") {
  CHECK_FALSE(judge_completion(healthy(), {}));
  CHECK_FALSE(judge_completion({}, {}));
  CompletionFacts half = healthy();
  half.completed = 25;
  CHECK_FALSE(judge_completion(half, {}));
}

TEST_CASE("completion: what did not come is said, the plainest first", "[unit]") {
  CompletionFacts facts = healthy();
  facts.completed = 24;
  CHECK(text_of(facts) == "26 of 50 visits were not completed");
  facts.left = 20;
  CHECK(text_of(facts) == "26 of 50 visits were not completed, 20 left by choice");
  facts.left = 0;
  facts.completed = 0;
  CHECK(text_of(facts) == "none of 50 visits was completed");
  facts.succeeded = 0;
  CHECK(text_of(facts) == "none of 50 steps succeeded");
  facts.answered = 0;
  CHECK(text_of(facts) == "none of 100 requests was answered");
  // The same if the script catches each failure, so that visits are completed.
  facts.completed = 50;
  CHECK(text_of(facts) == "none of 100 requests was answered");
}

TEST_CASE("completion: a target that fell silent before the end", "[unit]") {
  CompletionFacts facts = healthy();
  facts.silence = Silence{3s, 0, 20};
  CHECK(text_of(facts) == "the target answered nothing in the last 3.00 s, and was asked 20 times");
  facts.silence = Silence{1900ms, 0, 20};
  CHECK_FALSE(judge_completion(facts, {}));
  facts.silence = Silence{59s, 1, 1};
  CHECK_FALSE(judge_completion(facts, {}));
  facts.silence = Silence{60s, 2, 1};
  CHECK(judge_completion(facts, {}));
  // One user who waits for a quarter of the time.
  facts.silence = Silence{59s, 0, 1};
  CHECK_FALSE(judge_completion(facts, {}));
  facts.silence = Silence{60s, 0, 1};
  CHECK(judge_completion(facts, {}));
  facts.silence = Silence{60s, 0, 0};
  CHECK_FALSE(judge_completion(facts, {}));
  // If uploads take five seconds each, a silence of five seconds before the last one is no silence.
  facts.usual = 5s;
  facts.silence = Silence{5s, 0, 20};
  CHECK_FALSE(judge_completion(facts, {}));
  facts.silence = Silence{6s, 0, 20};
  CHECK(judge_completion(facts, {}));
}

TEST_CASE("completion: a threshold that counts them has judged, in either way", "[unit]") {
  CompletionFacts facts = healthy();
  facts.completed = 10;
  for (const auto state : {ThresholdState::pass, ThresholdState::fail}) {
    for (const char* text : {"all: served_rate > 1%", "all: count > 5", "all: error_rate < 90%"}) {
      CAPTURE(text);
      CHECK(judge_completion(facts, judged(text, state))->judged);
    }
    CHECK_FALSE(judge_completion(facts, judged("all: response_time p95 < 1s", state))->judged);
    CHECK_FALSE(judge_completion(facts, judged("all: rate > 1/s", state))->judged);
  }
  CHECK_FALSE(judge_completion(facts, judged("all: served_rate > 1%", ThresholdState::no_data))->judged);
}

TEST_CASE("completion: a threshold that was kept speaks for the step at which people failed, and for no other",
          "[unit]") {
  CompletionFacts facts = healthy();
  facts.completed = 0;
  facts.missed_at = {0, 30, 20};
  const auto of_step = [](const char* text, StepId step, ThresholdState state) {
    auto results = judged(text, state);
    results[0].threshold.step = step;
    return results;
  };
  for (const char* text : {"a: error_rate < 90%", "a: count > 5", "a: served_rate > 1%"}) {
    CAPTURE(text);
    CHECK_FALSE(judge_completion(facts, of_step(text, 0, ThresholdState::pass))->judged);
    CHECK(judge_completion(facts, of_step(text, 1, ThresholdState::pass))->judged);
    CHECK_FALSE(judge_completion(facts, of_step(text, 2, ThresholdState::pass))->judged);
    CHECK(judge_completion(facts, of_step(text, 0, ThresholdState::fail))->judged);
  }
}

TEST_CASE("completion: an error_rate has not judged those who were cut off", "[unit]") {
  CompletionFacts facts = healthy();
  facts.completed = 10;
  facts.cut_off = 30;
  CHECK_FALSE(judge_completion(facts, judged("all: error_rate < 1%", ThresholdState::pass))->judged);
  CHECK(judge_completion(facts, judged("all: served_rate > 1%", ThresholdState::pass))->judged);
  facts.cut_off = 5;
  CHECK(judge_completion(facts, judged("all: error_rate < 1%", ThresholdState::pass))->judged);
  facts = healthy();
  facts.silence = Silence{3s, 0, 20};
  CHECK_FALSE(judge_completion(facts, judged("all: error_rate < 1%", ThresholdState::pass))->judged);
  facts.silence = Silence{3s, 20, 0};
  CHECK(judge_completion(facts, judged("all: error_rate < 1%", ThresholdState::pass))->judged);
}

TEST_CASE("completion: the facts are those of the target, without our own faults", "[unit]") {
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  Recorder recorder(make_layout(catalog));
  const auto request = [&](Outcome outcome, ErrorClass error) {
    RequestSample sample;
    sample.outcome = outcome;
    sample.error = error;
    recorder.request(0, sample);
    recorder.step(0, {1s, 1s, outcome, error});
    recorder.iteration_started(0, 0s);
    recorder.iteration_finished(0, {1s, outcome});
    recorder.person(
        0, {outcome == Outcome::interrupted ? PersonFate::interrupted : PersonFate::lost, StepId{0}, error, 1s, true});
  };
  request(Outcome::failure, ErrorClass::http_500);
  request(Outcome::failure, ErrorClass::partial);
  request(Outcome::failure, ErrorClass::tcp_refused);
  request(Outcome::failure, ErrorClass::wait_timeout);
  request(Outcome::failure, ErrorClass::generator_ports);
  request(Outcome::interrupted, ErrorClass::none);
  request(Outcome::abandoned, ErrorClass::abandoned);
  for (int i = 0; i < 4; ++i) recorder.iteration_dropped(0, DropReason::users_exhausted);
  recorder.iteration_dropped(0, DropReason::generator_stall);
  const Snapshot totals = recorder.take();
  const CompletionFacts facts = completion_facts(totals);
  CHECK(facts.requests == 6);
  CHECK(facts.answered == 2);
  CHECK(facts.steps == 6);
  CHECK(facts.succeeded == 0);
  CHECK(facts.visits == 11);
  CHECK(facts.completed == 0);
  CHECK(facts.cut_off == 5);
  const Silence silence = unanswered(totals.steps[0].requests);
  CHECK(silence.failed == 3);
  CHECK(silence.interrupted == 1);
}
