// One person in the funnel, and how many of the person's requests a calm person would have sent.
#include "engine/people/step_attempts.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;

namespace {

// Plays an attempt of `requests`. Returns how many of them a calm person would have sent too.
int play(StepAttempts& attempts, StepId step, int requests, bool succeeds) {
  attempts.attempt(step);
  int calm = 0;
  for (int i = 0; i < requests; ++i) calm += attempts.request() ? 1 : 0;
  if (succeeds) attempts.succeed();
  return calm;
}

}  // namespace

TEST_CASE("step attempts: a step is reached once and got through once, however often it is played") {
  StepAttempts attempts;
  attempts.begin(2);
  CHECK(attempts.tries() == 0);
  CHECK(attempts.attempt(0).reached);
  CHECK(attempts.succeed());
  const StepAttempts::Attempt second = attempts.attempt(0);
  CHECK(!second.reached);
  CHECK(!second.again);  // a loop in the script, not a retry
  CHECK(!attempts.succeed());
  CHECK(attempts.attempt(1).reached);
  attempts.begin(2);
  CHECK(attempts.attempt(0).reached);
}

TEST_CASE("step attempts: a calm crowd sends what the longest attempt sent, once") {
  StepAttempts attempts;
  attempts.begin(2);
  CHECK(play(attempts, 0, 1, false) == 1);  // failed at its first request
  attempts.retry();
  CHECK(play(attempts, 0, 2, false) == 1);
  attempts.retry();
  CHECK(play(attempts, 0, 1, false) == 0);
  attempts.retry();
  CHECK(play(attempts, 0, 3, true) == 1);
  CHECK(attempts.tries() == 4);
  CHECK(play(attempts, 1, 2, true) == 2);
  CHECK(attempts.tries() == 1);
  CHECK(play(attempts, 0, 2, true) == 2);  // a loop: the script wants these requests again
}

TEST_CASE("step attempts: beginning anew repeats what was played, and goes on where it stopped") {
  StepAttempts attempts;
  attempts.begin(3);
  CHECK(play(attempts, 0, 2, true) == 2);
  CHECK(play(attempts, 1, 1, false) == 1);
  attempts.restart();
  const StepAttempts::Attempt again = attempts.attempt(0);
  CHECK(again.again);
  CHECK(!again.reached);
  CHECK(!attempts.request());
  CHECK(!attempts.request());
  CHECK(play(attempts, 1, 3, true) == 2);
  CHECK(attempts.tries() == 2);
  CHECK(attempts.attempt(2).reached);
  CHECK(attempts.request());
}
