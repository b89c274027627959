#include "metrics/thresholds/early_stop.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1h};

EarlyStop::Counts sent(std::uint64_t requests, std::uint64_t given_up = 0, bool answered = false) {
  return {requests, given_up, answered};
}

}  // namespace

TEST_CASE("early stop: ten requests without an answer end a run thirty seconds after the first", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, sent(0)));
  CHECK_FALSE(stop.judge(kStart + 5min, sent(1)));  // the first request comes late
  CHECK_FALSE(stop.judge(kStart + 5min + 1s, sent(10)));
  CHECK_FALSE(stop.judge(kStart + 5min + 29s, sent(500)));
  const auto why = stop.judge(kStart + 5min + 30s, sent(512));
  REQUIRE(why);
  CHECK(*why == "none of 512 requests was answered in the first 30 s: stopped early (--no-early-stop plays on)");
}

TEST_CASE("early stop: fewer than ten requests are waited for, and the last of ten has its time, too", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, sent(1)));
  CHECK_FALSE(stop.judge(kStart + 2min, sent(9)));
  CHECK_FALSE(stop.judge(kStart + 2min + 1s, sent(10)));
  CHECK_FALSE(stop.judge(kStart + 2min + 5s, sent(11)));
  CHECK(stop.judge(kStart + 2min + 6s, sent(11)));
}

TEST_CASE("early stop: people who left before an answer are named", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, sent(20)));
  const auto why = stop.judge(kStart + 31s, sent(89, 80));
  REQUIRE(why);
  CHECK(why->starts_with("none of 89 requests was answered in the first 31 s (80 were given up by people who left): "));
}

TEST_CASE("early stop: one answer is enough to play on for ever", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, sent(1000)));
  CHECK_FALSE(stop.judge(kStart + 30s, sent(30000, 0, true)));
  CHECK_FALSE(stop.judge(kStart + 1h, sent(3000000, 0, true)));
}
