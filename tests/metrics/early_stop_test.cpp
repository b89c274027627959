#include "metrics/early_stop.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1h};

}  // namespace

TEST_CASE("early stop: ten requests without an answer end a run thirty seconds after the first", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, 0, false));
  CHECK_FALSE(stop.judge(kStart + 5min, 1, false));  // the first one comes late
  CHECK_FALSE(stop.judge(kStart + 5min + 29s, 500, false));
  const auto why = stop.judge(kStart + 5min + 30s, 512, false);
  REQUIRE(why);
  CHECK(*why == "the target answered none of 512 requests in the first 30 s: stopped early (--no-early-stop plays on)");
}

TEST_CASE("early stop: fewer than ten requests are waited for", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, 1, false));
  CHECK_FALSE(stop.judge(kStart + 2min, 9, false));
  CHECK(stop.judge(kStart + 2min + 1s, 10, false));
}

TEST_CASE("early stop: one answer is enough to play on for ever", "[unit]") {
  EarlyStop stop;
  CHECK_FALSE(stop.judge(kStart, 1000, false));
  CHECK_FALSE(stop.judge(kStart + 30s, 30000, true));
  CHECK_FALSE(stop.judge(kStart + 1h, 3000000, true));
}
