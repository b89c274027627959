#include "uptime/slo_plan.hpp"

#include "base/random.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <cmath>
#include <deque>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

const BurnForecast& page(const std::vector<BurnForecast>& forecasts) { return forecasts.at(0); }

}  // namespace

TEST_CASE("slo plan: failures within an hour until somebody is paged") {
  // Interval, locations, and the failures within an hour for 99.9, 99.5 and 99 %. The first row is one visit a minute
  // from one location.
  struct Row {
    Duration interval;
    unsigned locations;
    std::array<std::uint64_t, 3> failures;
  };
  const std::array<Row, 4> rows{
      {{60s, 1, {3, 5, 9}}, {30s, 1, {3, 9, 18}}, {60s, 3, {3, 13, 26}}, {30s, 3, {6, 26, 52}}}};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < 3; ++i) {
      const double share = std::array{0.999, 0.995, 0.99}[i];
      INFO(to_seconds(row.interval) << " s, " << row.locations << " locations, " << share);
      CHECK(page(burn_forecasts({share, row.interval, row.locations}, 0)).failures == row.failures[i]);
    }
  }
}

TEST_CASE("slo plan: an outage is detected when both windows have burnt enough") {
  // 99.5 %, every 30 s: nine failures take 4.5 min. 7.2 % of five minutes are reached sooner.
  CHECK(to_seconds(page(burn_forecasts({0.995, 30s, 1}, 0)).time_to_detect) == Approx(270));
  // With many visits the share decides: 7.2 % of an hour.
  CHECK(to_seconds(page(burn_forecasts({0.995, 1s, 1}, 0)).time_to_detect) == Approx(260));
}

TEST_CASE("slo plan: a factor that asks for more than all visits cannot fire") {
  const auto forecasts = burn_forecasts({0.9, 30s, 1}, 0);
  CHECK_FALSE(page(forecasts).can_fire);  // 14.4 * 10 % = 144 %
  CHECK(forecasts.at(1).can_fire);        // 60 %
  // A window with fewer visits than the failures that count cannot fire either.
  CHECK_FALSE(page(burn_forecasts({0.999, 30min, 1}, 0)).can_fire);
}

TEST_CASE("slo plan: the smallest fault that is seen") {
  const auto forecasts = burn_forecasts({0.995, 30s, 1}, 0);
  CHECK(page(forecasts).smallest_share == Approx(0.072));
  CHECK(forecasts.at(3).smallest_share == Approx(0.005));
}

TEST_CASE("slo plan: a perfect target raises no false alert, a poor one more than a good one") {
  CHECK(page(burn_forecasts({0.995, 60s, 1}, 0)).false_alerts == 0);
  const double good = page(burn_forecasts({0.995, 60s, 1}, 0.001)).false_alerts;
  const double poor = page(burn_forecasts({0.995, 60s, 1}, 0.02)).false_alerts;
  CHECK(good < 1e-3);
  CHECK(poor > 1);
  // More visits from more locations separate chance from faults.
  CHECK(page(burn_forecasts({0.995, 60s, 3}, 0.02)).false_alerts < poor);
}

TEST_CASE("slo plan: an alert that fires most of the time is not said to fire seldom") {
  // 3 % over six hours, while 10 % fail all the time: it begins once, and never ends.
  const auto forecasts = burn_forecasts({0.995, 30s, 1}, 0.1);
  CHECK(std::isinf(forecasts.at(1).false_alerts));
  CHECK(std::isinf(forecasts.at(3).false_alerts));
  CHECK(std::isinf(page(burn_forecasts({0.995, 30s, 1}, 1)).false_alerts));
}

TEST_CASE("slo plan: the expected upcrossings are those of a simulation") {
  constexpr std::uint64_t kWindow = 60;
  constexpr std::uint64_t kFailures = 3;
  constexpr double kP = 0.02;
  constexpr int kTrials = 2'000'000;
  RandomStream random(11, RandomPurpose::draw, 0);
  std::deque<bool> last(kWindow, false);
  std::uint64_t failed = 0;
  int crossings = 0;
  for (int i = 0; i < kTrials; ++i) {
    const bool fails = random.uniform() < kP;
    const std::uint64_t before = failed;
    failed += fails ? 1U : 0U;
    failed -= last.front() ? 1U : 0U;
    last.pop_front();
    last.push_back(fails);
    if (before < kFailures && failed >= kFailures) ++crossings;
  }
  CHECK(expected_upcrossings(kTrials, kWindow, kFailures, kP) == Approx(crossings).epsilon(0.02));
  CHECK(expected_upcrossings(1000, 10, 11, 0.5) == 0);
  CHECK(expected_upcrossings(1000, 10, 3, 0) == 0);
  CHECK(expected_upcrossings(1000, 10, 3, 1) == 0);
}
