#include "metrics/censored_histogram.hpp"

#include "base/random.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

CensoredHistogram of(const std::vector<Duration>& ended, const std::vector<Duration>& cut) {
  CensoredHistogram both(std::make_shared<const LatencyBoundaries>());
  for (const Duration d : ended) both.observed.record(d);
  for (const Duration d : cut) both.censored.record(d);
  return both;
}

bool close(Duration a, Duration b) { return std::abs(to_seconds(a) - to_seconds(b)) <= 0.011 * to_seconds(b); }

// The Kaplan-Meier estimate straight from its definition, from the raw durations.
struct Observation {
  Duration at;
  bool ended;
};
Estimate naive(std::vector<Observation> all, double quantile) {
  std::sort(all.begin(), all.end(), [](const Observation& a, const Observation& b) {
    return a.at < b.at || (a.at == b.at && a.ended && !b.ended);
  });
  double survival = 1;
  Duration last{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].ended) continue;
    const auto at_risk = static_cast<double>(all.size() - i);
    survival *= (at_risk - 1) / at_risk;
    last = all[i].at;
    if (survival <= 1 - quantile + 1e-12) return {last, false};
  }
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(all.size()) - 1e-9));
  return {std::max(last, all[std::max<std::size_t>(rank, 1) - 1].at), true};
}

}  // namespace

TEST_CASE("censored: percentiles agree with a Kaplan-Meier table worked by hand", "[unit]") {
  // at:       1  2  2+  4  5+  8  9+      (+: cut short)
  // at risk:  7  6  -   4  -   2  -
  // survival: 6/7=.857  5/7=.714  .714*3/4=.536  .536*1/2=.268, and unknown from there
  const auto both = of({1s, 2s, 4s, 8s}, {2s, 5s, 9s});
  CHECK(close(percentile(both, 0.10)->value, 1s));
  CHECK(close(percentile(both, 0.14)->value, 1s));
  CHECK(close(percentile(both, 0.15)->value, 2s));
  CHECK(close(percentile(both, 0.28)->value, 2s));
  CHECK(close(percentile(both, 0.29)->value, 4s));
  CHECK(close(percentile(both, 0.46)->value, 4s));
  CHECK(close(percentile(both, 0.47)->value, 8s));
  CHECK(close(percentile(both, 0.73)->value, 8s));
  CHECK_FALSE(percentile(both, 0.73)->lower_bound);
  CHECK(percentile(both, 0.74)->lower_bound);
  CHECK(close(percentile(both, 0.74)->value, 8s));
  CHECK(percentile(both, 0.95) == Estimate{9s, true});
  CHECK(maximum(both) == Estimate{9s, true});
  CHECK(minimum(both) == Estimate{1s, false});
  // 1*.143 + 2*.143 + 4*.179 + 8*.268 + 9*.268
  CHECK(mean(both)->lower_bound);
  CHECK(to_seconds(mean(both)->value) == Approx(5.696).epsilon(0.011));
}

TEST_CASE("censored: percentiles agree with a naive implementation", "[unit]") {
  RandomStream random(6, RandomPurpose::draw, 0);
  for (int round = 0; round < 300; ++round) {
    std::vector<Observation> all;
    CensoredHistogram both(std::make_shared<const LatencyBoundaries>());
    // Values at least three buckets apart, so that each value has its own bucket.
    const auto size = 1 + random.below(80);
    for (std::uint64_t i = 0; i < size; ++i) {
      const Duration at = from_seconds(1e-3 * std::pow(1.07, static_cast<double>(random.below(120))));
      const bool ended = random.uniform() < 0.7;
      all.push_back({at, ended});
      (ended ? both.observed : both.censored).record(at);
    }
    for (int q = 1; q < 100; ++q) {
      const Estimate expected = naive(all, q / 100.0);
      const Estimate got = *percentile(both, q / 100.0);
      CAPTURE(round, q, got.value.count(), expected.value.count());
      REQUIRE(got.lower_bound == expected.lower_bound);
      REQUIRE(close(got.value, expected.value));
    }
  }
}

TEST_CASE("censored: percentiles rise with the rank up to the maximum", "[unit]") {
  RandomStream random(7, RandomPurpose::draw, 0);
  for (int round = 0; round < 200; ++round) {
    CensoredHistogram both(std::make_shared<const LatencyBoundaries>());
    const auto size = 1 + random.below(300);
    const double ended = random.uniform();
    for (std::uint64_t i = 0; i < size; ++i) {
      (random.uniform() < ended ? both.observed : both.censored).record(from_seconds(random.exponential()));
    }
    Duration before{};
    bool bounded = false;
    for (const double q : {0.01, 0.1, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const Estimate e = *percentile(both, q);
      CHECK(e.value >= before);
      CHECK(!(bounded && !e.lower_bound));  // after the first lower bound every higher rank is a lower bound too
      before = e.value;
      bounded = e.lower_bound;
    }
    CHECK(before <= maximum(both)->value);
  }
}

TEST_CASE("censored: without censored durations it is the plain histogram", "[unit]") {
  const auto both = of({1s, 2s, 3s, 100s}, {});
  for (const double q : {0.1, 0.5, 0.75, 0.99}) {
    CHECK(percentile(both, q) == Estimate{*both.observed.percentile(q), false});
  }
  CHECK(mean(both) == Estimate{26500ms, false});
  CHECK(maximum(both) == Estimate{100s, false});
}

TEST_CASE("censored: with nothing ended everything is a lower bound that surely holds", "[unit]") {
  const auto both = of({}, {1s, 10s});
  CHECK(percentile(both, 0.5)->lower_bound);
  CHECK(close(percentile(both, 0.5)->value, 1s));
  CHECK(percentile(both, 0.99) == Estimate{10s, true});
  CHECK(minimum(both) == Estimate{1s, true});
  CHECK(maximum(both) == Estimate{10s, true});
  // Not the longest: had both ended at once, it would be this.
  CHECK(mean(both) == Estimate{5500ms, true});
}

TEST_CASE("censored: the mean of a target that fell silent is no more than what is surely known", "[unit]") {
  // Half ended after 1 s; of the others nobody knows more than that they waited for 2 s and 4 s.
  const auto both = of({1s, 1s}, {2s, 4s});
  CHECK(mean(both)->lower_bound);
  CHECK(close(mean(both)->value, 2s));
  CHECK(mean(of({1s}, {kNever})) == Estimate{kNever, true});
  // Whoever left before the last one ended hides nothing.
  CHECK_FALSE(mean(of({1s, 9s}, {2s}))->lower_bound);
}

TEST_CASE("censored: nothing recorded gives no figure", "[unit]") {
  const auto both = of({}, {});
  CHECK_FALSE(percentile(both, 0.5).has_value());
  CHECK_FALSE(mean(both).has_value());
  CHECK_FALSE(minimum(both).has_value());
  CHECK_FALSE(maximum(both).has_value());
}

TEST_CASE("censored: hanging requests raise the percentiles that leaving them out would hide", "[unit]") {
  std::vector<Duration> ended(90, 100ms);
  const std::vector<Duration> cut(10, 30s);
  const auto both = of(ended, cut);
  CHECK(close(percentile(both, 0.9)->value, 100ms));
  CHECK(percentile(both, 0.95)->lower_bound);
  CHECK(percentile(both, 0.95)->value == 30s);
}
