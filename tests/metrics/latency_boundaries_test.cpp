#include "metrics/latency_boundaries.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("boundaries: the defaults ascend from 1 ms to 5 min", "[unit]") {
  const LatencyBoundaries b;
  CHECK(std::is_sorted(b.values().begin(), b.values().end()));
  CHECK(b.values().front() == 1ms);
  CHECK(b.values().back() == 300s);
  CHECK(b.values().size() <= LatencyBoundaries::kMaximum);
}

TEST_CASE("boundaries: every named latency becomes one, once", "[unit]") {
  const std::vector<Duration> named{800ms, 800ms, 1s, 3ms, 3h};
  const auto b = LatencyBoundaries::with(named).value();
  for (const Duration d : named) CHECK(b.find(d).has_value());
  CHECK(b.values().size() == LatencyBoundaries().values().size() + 3);
  CHECK(std::is_sorted(b.values().begin(), b.values().end()));
  CHECK_FALSE(b.find(801ms).has_value());
}

TEST_CASE("boundaries: defaults give way to named latencies beyond 32 in all", "[unit]") {
  std::vector<Duration> named;
  for (int i = 1; i <= 32; ++i) named.push_back(i * 7ms);
  const auto b = LatencyBoundaries::with(named).value();
  CHECK(std::equal(b.values().begin(), b.values().end(), named.begin(), named.end()));

  named.resize(20);
  const auto mixed = LatencyBoundaries::with(named).value();
  CHECK(mixed.values().size() == 32);
  for (const Duration d : named) CHECK(mixed.find(d).has_value());
  CHECK(mixed.find(300s).has_value());  // far from all named latencies
}

TEST_CASE("boundaries: too many latencies and none at all are refused", "[unit]") {
  std::vector<Duration> named;
  for (int i = 1; i <= 33; ++i) named.push_back(i * 1ms);
  CHECK(LatencyBoundaries::with(named).error().message ==
        "the thresholds name 33 different latencies: expected at most 32");
  CHECK(LatencyBoundaries::with(std::vector<Duration>{0s}).has_error());
  CHECK(LatencyBoundaries::with(std::vector<Duration>{-1s}).has_error());
}
