// The funnel's view of one person, and what of their requests a calm one would have sent.
#include "engine/people/visit.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;

namespace {

// Plays an attempt of `requests`; how many of them a calm person would have sent too.
int play(Visit& visit, StepId step, int requests, bool succeeds) {
  visit.attempt(step);
  int calm = 0;
  for (int i = 0; i < requests; ++i) calm += visit.request() ? 1 : 0;
  if (succeeds) visit.succeed();
  return calm;
}

}  // namespace

TEST_CASE("visit: a step is reached once and got through once, however often it is played") {
  Visit visit;
  visit.begin(2);
  CHECK(visit.tries() == 0);
  CHECK(visit.attempt(0).reached);
  CHECK(visit.succeed());
  const Visit::Attempt second = visit.attempt(0);
  CHECK(!second.reached);
  CHECK(!second.again);  // a loop in the script, not a retry
  CHECK(!visit.succeed());
  CHECK(visit.attempt(1).reached);
  visit.begin(2);
  CHECK(visit.attempt(0).reached);
}

TEST_CASE("visit: a calm crowd sends what the longest attempt sent, once") {
  Visit visit;
  visit.begin(2);
  CHECK(play(visit, 0, 1, false) == 1);  // failed at its first request
  visit.retry();
  CHECK(play(visit, 0, 2, false) == 1);
  visit.retry();
  CHECK(play(visit, 0, 1, false) == 0);
  visit.retry();
  CHECK(play(visit, 0, 3, true) == 1);
  CHECK(visit.tries() == 4);
  CHECK(play(visit, 1, 2, true) == 2);
  CHECK(visit.tries() == 1);
  CHECK(play(visit, 0, 2, true) == 2);  // a loop: this is wanted anew
}

TEST_CASE("visit: beginning anew repeats what was played, and goes on where it stopped") {
  Visit visit;
  visit.begin(3);
  CHECK(play(visit, 0, 2, true) == 2);
  CHECK(play(visit, 1, 1, false) == 1);
  visit.restart();
  const Visit::Attempt again = visit.attempt(0);
  CHECK(again.again);
  CHECK(!again.reached);
  CHECK(!visit.request());
  CHECK(!visit.request());
  CHECK(play(visit, 1, 3, true) == 2);
  CHECK(visit.tries() == 2);
  CHECK(visit.attempt(2).reached);
  CHECK(visit.request());
}
