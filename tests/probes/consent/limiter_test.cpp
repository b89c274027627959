#include "probes/consent/limiter.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using test::FakeClock;

int take_all(ConsentLimiter& limiter, const Clock& clock) {
  int taken = 0;
  while (limiter.take(clock.now())) ++taken;
  return taken;
}

TEST_CASE("consent limiter: one second's worth at once, then the rate", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(200), clock.now());
  CHECK(take_all(limiter, clock) == 200);
  clock.advance(5ms);
  CHECK(take_all(limiter, clock) == 1);
  clock.advance(500ms);
  CHECK(take_all(limiter, clock) == 100);
  clock.advance(1h);
  CHECK(take_all(limiter, clock) == 200);
}

TEST_CASE("consent limiter: small steps lose nothing", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(10), clock.now());
  int taken = take_all(limiter, clock);
  for (int i = 0; i < 100'000; ++i) {
    clock.advance(100us);
    taken += take_all(limiter, clock);
  }
  CHECK(taken == 10 + 100);
}

TEST_CASE("consent limiter: a rate below one a second still lets one go", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(0.1), clock.now());
  CHECK(take_all(limiter, clock) == 1);
  clock.advance(9999ms);
  CHECK(take_all(limiter, clock) == 0);
  clock.advance(1ms);
  CHECK(take_all(limiter, clock) == 1);
}

TEST_CASE("consent limiter: a renewed consent is no second burst", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter before(Rate::per_second(100), clock.now());
  for (int i = 0; i < 95; ++i) REQUIRE(before.take(clock.now()));
  ConsentLimiter after(Rate::per_second(50), clock.now());
  after.inherit(before);
  CHECK(take_all(after, clock) == 5);

  const ConsentLimiter full(Rate::per_second(100), clock.now());
  ConsentLimiter slower(Rate::per_second(50), clock.now());
  slower.inherit(full);
  CHECK(take_all(slower, clock) == 50);
}

TEST_CASE("consent limiter: a clock that stands still or goes back gives nothing", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(1), clock.now());
  CHECK(take_all(limiter, clock) == 1);
  clock.advance(-5s);
  CHECK(take_all(limiter, clock) == 0);
  clock.advance(5s);
  CHECK(take_all(limiter, clock) == 0);
}

TEST_CASE("consent limiter: what is given back can be taken again", "[unit][consent]") {
  FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(3), clock.now());
  CHECK(take_all(limiter, clock) == 3);
  limiter.give_back();
  CHECK(take_all(limiter, clock) == 1);
}

TEST_CASE("consent limiter: a burst is a whole second's worth at every rate", "[unit][consent]") {
  FakeClock clock;
  for (int rate = 1; rate <= 1000; ++rate) {
    ConsentLimiter limiter(Rate::per_second(rate), clock.now());
    REQUIRE(take_all(limiter, clock) == rate);
    clock.advance(1s);
    REQUIRE(take_all(limiter, clock) == rate);
  }
}

TEST_CASE("consent limiter: all threads together get what one would get", "[unit][consent]") {
  const FakeClock clock;
  ConsentLimiter limiter(Rate::per_second(10'000), clock.now());
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { taken += take_all(limiter, clock); });
  for (std::thread& thread : threads) thread.join();
  CHECK(taken == 10'000);
}

}  // namespace
}  // namespace gelombang
