#include "metrics/histogram.hpp"

#include "base/random.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const LatencyBoundaries> default_boundaries() {
  static const auto kShared = std::make_shared<const LatencyBoundaries>();
  return kShared;
}

Histogram histogram_of(const std::vector<Duration>& values) {
  Histogram h(default_boundaries());
  for (const Duration v : values) h.record(v);
  return h;
}

// Evenly distributed over the logarithm of 1 us to 1 h.
Duration random_duration(RandomStream& random) { return from_seconds(1e-6 * std::pow(3.6e9, random.uniform())); }

Duration oracle(std::vector<Duration> values, double quantile) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()) - 1e-9));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

void check_same(const Histogram& a, const Histogram& b) {
  CHECK(a.count() == b.count());
  CHECK(a.sum_nanoseconds() == b.sum_nanoseconds());
  CHECK(a.min() == b.min());
  CHECK(a.max() == b.max());
  CHECK(a.clamped() == b.clamped());
  for (std::size_t i = 0; i < kBucketCount; ++i) {
    if (a.bucket(i) != b.bucket(i)) FAIL_CHECK("bucket " << i << ": " << a.bucket(i) << " and " << b.bucket(i));
  }
  for (std::size_t i = 0; i < a.boundaries().values().size(); ++i) CHECK(a.count_up_to(i) == b.count_up_to(i));
}

}  // namespace

TEST_CASE("histogram: a value between 1 us and 1 h comes back within 1.1 percent", "[unit]") {
  RandomStream random(1, RandomPurpose::draw, 0);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const Duration value = random_duration(random);
    const std::size_t bucket = bucket_index(value);
    const double seconds = to_seconds(value);
    if (!(seconds > bucket_lower(bucket) * (1 - 1e-12) && seconds <= bucket_upper(bucket) * (1 + 1e-12))) {
      FAIL(value.count() << " ns is not in bucket " << bucket);
    }
    worst = std::max(worst, std::abs(bucket_middle(bucket) - seconds) / seconds);
  }
  CHECK(worst <= 0.011);
  CHECK(worst <= kBucketError);
  CHECK(worst > 0.0105);  // the error comes close to the bound, so the buckets are as wide as intended
}

TEST_CASE("histogram: the buckets are those of schema 5", "[unit]") {
  CHECK(bucket_upper(static_cast<std::size_t>(20 * 32 - 1)) == 1.0);
  CHECK(bucket_upper(bucket_index(1s)) == 1.0);  // the upper end belongs to the bucket
  CHECK(bucket_index(1s + 1ns) == bucket_index(1s) + 1);
  CHECK(bucket_upper(bucket_index(4s)) == 4.0);
  CHECK(bucket_upper(bucket_index(1001ms)) == std::exp2(1.0 / 32));
  for (std::size_t i = 1; i < kBucketCount; ++i) {
    if (bucket_lower(i) >= bucket_upper(i)) FAIL("bucket " << i << " is empty");
    const auto middle = from_seconds(bucket_middle(i));
    if (middle > 10us && bucket_index(middle) != i) FAIL("the middle of bucket " << i << " is elsewhere");
  }
}

TEST_CASE("histogram: percentiles agree with a sorted list", "[unit]") {
  RandomStream random(2, RandomPurpose::draw, 0);
  for (const std::size_t size : {1U, 2U, 3U, 10U, 99U, 100U, 101U, 1000U, 20'000U}) {
    std::vector<Duration> values;
    for (std::size_t i = 0; i < size; ++i) values.push_back(random_duration(random));
    const Histogram h = histogram_of(values);
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const double expected = to_seconds(oracle(values, q));
      CAPTURE(size, q);
      CHECK(std::abs(to_seconds(*h.percentile(q)) - expected) <= 0.011 * expected);
    }
  }
}

TEST_CASE("histogram: min, max, sum and count are exact", "[unit]") {
  const Histogram h = histogram_of({123456789ns, 3ns, 7200s, 1s});
  CHECK(h.count() == 4);
  CHECK(h.min() == 3ns);
  CHECK(h.max() == 7200s);
  CHECK(h.sum_nanoseconds() == 7201'123'456'792ULL);
  CHECK(h.mean() == Duration(7201'123'456'792 / 4));
}

TEST_CASE("histogram: percentiles never fall as the rank rises and stay within min and max", "[unit]") {
  RandomStream random(3, RandomPurpose::draw, 0);
  for (int round = 0; round < 200; ++round) {
    Histogram h(default_boundaries());
    const auto size = 1 + random.below(500);
    for (std::uint64_t i = 0; i < size; ++i) h.record(random_duration(random));
    Duration before = h.min();
    for (int q = 0; q <= 1000; ++q) {
      const Duration value = *h.percentile(q / 1000.0);
      if (value < before) FAIL("p" << q / 10.0 << " is below the percentile before it");
      before = value;
    }
    CHECK(before == h.max());
  }
}

TEST_CASE("histogram: a merge equals recording everything in one", "[unit]") {
  RandomStream random(4, RandomPurpose::draw, 0);
  Histogram all(default_boundaries());
  std::vector<Histogram> parts(5, Histogram(default_boundaries()));
  for (int i = 0; i < 20'000; ++i) {
    // The parts cover different ranges, so that the merge must widen them in both directions.
    const std::size_t part = random.below(parts.size());
    const auto octave = static_cast<double>(part) * 5;
    const Duration value = from_seconds(1e-6 * std::exp2(octave + 9 * random.uniform()));
    all.record(value);
    parts[part].record(value);
  }
  for (const bool upwards : {true, false}) {
    Histogram merged(default_boundaries());
    for (std::size_t i = 0; i < parts.size(); ++i) merged.merge(parts[upwards ? i : parts.size() - 1 - i]);
    check_same(merged, all);
  }
  Histogram unchanged = all;
  unchanged.merge(Histogram(default_boundaries()));
  check_same(unchanged, all);
}

TEST_CASE("histogram: cleared, it is as good as new", "[unit]") {
  Histogram h = histogram_of({1ms, 5s});
  h.clear();
  CHECK(h.empty());
  CHECK_FALSE(h.percentile(0.5).has_value());
  CHECK(h.max() == 0s);
  h.record(70ms);
  check_same(h, histogram_of({70ms}));
}

TEST_CASE("histogram: what lies outside the range is clamped, counted, and exact in min and max", "[unit]") {
  const Histogram h = histogram_of({-5s, 0s, 1ns, 953ns, 954ns, 1us, 1h, 8192s, 8193s, 24h});
  CHECK(h.count() == 10);
  CHECK(h.clamped() == 6);
  CHECK(h.min() == 0s);
  CHECK(h.max() == 24h);
  CHECK(h.bucket(0) >= 4);
  CHECK(h.bucket(kBucketCount - 1) == 3);
  CHECK(*h.percentile(1) == 24h);
}

TEST_CASE("histogram: counts at the boundaries are exact, the boundary included", "[unit]") {
  const auto boundaries = std::make_shared<const LatencyBoundaries>(
      LatencyBoundaries::with(std::vector<Duration>{800ms, 801ms, 123456789ns}).value());
  Histogram h(boundaries);
  RandomStream random(5, RandomPurpose::draw, 0);
  std::vector<Duration> values;
  for (int i = 0; i < 20'000; ++i) values.push_back(from_seconds(0.79 + 0.02 * random.uniform()));
  for (int i = 0; i < 20'000; ++i) values.push_back(random_duration(random));
  for (const Duration b : boundaries->values()) {
    values.insert(values.end(), {b - 1ns, b, b + 1ns});
  }
  for (const Duration v : values) h.record(v);
  for (std::size_t i = 0; i < boundaries->values().size(); ++i) {
    const Duration b = boundaries->values()[i];
    const auto expected = std::count_if(values.begin(), values.end(), [b](Duration v) { return v <= b; });
    CAPTURE(b.count());
    CHECK(h.count_up_to(i) == static_cast<std::uint64_t>(expected));
  }
}

TEST_CASE("histogram: a sum beyond what it holds stays at the most, and the mean with it", "[unit]") {
  const auto boundaries = std::make_shared<const LatencyBoundaries>();
  const Duration ten_years = std::chrono::hours(24) * 3650;
  Histogram h(boundaries);
  for (int i = 0; i < 200; ++i) h.record(ten_years);
  CHECK(h.sum_nanoseconds() == UINT64_MAX);
  CHECK(h.mean() <= ten_years);
  CHECK(h.mean() >= ten_years / 4);
  Histogram merged(boundaries);
  for (int i = 0; i < 200; ++i) {
    Histogram one(boundaries);
    one.record(ten_years);
    merged.merge(one);
  }
  CHECK(merged.sum_nanoseconds() == h.sum_nanoseconds());
}

TEST_CASE("histogram: how many are above a duration is exact at a boundary, and within a bucket elsewhere", "[unit]") {
  Histogram h(std::make_shared<const LatencyBoundaries>());
  CHECK(h.count_above(1ms) == 0);
  for (const Duration value : {Duration(1s), Duration(1s) + Duration(1), Duration(7s), Duration(8s)}) h.record(value);
  CHECK(h.count_above(1s) == 3);
  CHECK(h.count_above(7500ms) == 1);
  CHECK(h.count_above(3s) == 2);
  CHECK(h.count_above(9s) == 0);
  CHECK(h.count_above(900ms) == 4);
}
