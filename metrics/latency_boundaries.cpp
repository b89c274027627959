#include "metrics/latency_boundaries.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace gelombang {
namespace {

using std::chrono::microseconds;

// Dense where people notice the difference, down to a millisecond for phases, up to five minutes for mail.
constexpr std::array<Duration, 21> kDefaults{
    microseconds(1'000),      microseconds(2'500),      microseconds(5'000),      microseconds(10'000),
    microseconds(25'000),     microseconds(50'000),     microseconds(100'000),    microseconds(200'000),
    microseconds(300'000),    microseconds(500'000),    microseconds(750'000),    microseconds(1'000'000),
    microseconds(1'500'000),  microseconds(2'500'000),  microseconds(5'000'000),  microseconds(10'000'000),
    microseconds(20'000'000), microseconds(30'000'000), microseconds(60'000'000), microseconds(120'000'000),
    microseconds(300'000'000)};

// How far two durations are apart, as a ratio on a logarithmic scale.
double distance(Duration a, Duration b) { return std::abs(std::log(to_seconds(a)) - std::log(to_seconds(b))); }

void drop_nearest(std::vector<Duration>& defaults, const std::vector<Duration>& named) {
  std::size_t nearest = 0;
  double least = HUGE_VAL;
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    for (const Duration n : named) {
      if (const double d = distance(defaults[i], n); d < least) {
        least = d;
        nearest = i;
      }
    }
  }
  defaults.erase(defaults.begin() + static_cast<std::ptrdiff_t>(nearest));
}

}  // namespace

LatencyBoundaries::LatencyBoundaries() : LatencyBoundaries(std::vector<Duration>(kDefaults.begin(), kDefaults.end())) {}

LatencyBoundaries::LatencyBoundaries(std::vector<Duration> values) : values_(std::move(values)) {
  for (std::size_t bucket = 0; bucket < kBucketCount; ++bucket) {
    // One nanosecond of slack: the bucket's end is a rounded double.
    const Duration start = bucket == 0 ? Duration::min() : from_seconds(bucket_lower(bucket)) - Duration(1);
    const auto first = std::lower_bound(values_.begin(), values_.end(), start);
    first_in_bucket_[bucket] = static_cast<std::uint8_t>(first - values_.begin());
  }
}

Result<LatencyBoundaries> LatencyBoundaries::with(std::span<const Duration> named_with_repeats) {
  std::vector<Duration> named(named_with_repeats.begin(), named_with_repeats.end());
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  if (!named.empty() && named.front() <= Duration::zero()) {
    return Error{
        fmt::format("a latency of {} cannot be a limit: expected more than 0", format_duration(named.front()))};
  }
  if (named.size() > kMaximum) {
    return Error{
        fmt::format("the thresholds name {} different latencies: expected at most {}", named.size(), kMaximum)};
  }
  std::vector<Duration> defaults;
  std::set_difference(kDefaults.begin(), kDefaults.end(), named.begin(), named.end(), std::back_inserter(defaults));
  while (defaults.size() + named.size() > kMaximum) drop_nearest(defaults, named);
  std::vector<Duration> all;
  std::merge(defaults.begin(), defaults.end(), named.begin(), named.end(), std::back_inserter(all));
  return LatencyBoundaries(std::move(all));
}

Result<LatencyBoundaries> LatencyBoundaries::exactly(std::vector<Duration> values) {
  const bool ascending = std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
  if (!ascending || values.size() > kMaximum || (!values.empty() && values.front() <= Duration::zero())) {
    return Error{"boundaries that no run can have"};
  }
  return LatencyBoundaries(std::move(values));
}

std::optional<std::size_t> LatencyBoundaries::find(Duration boundary) const noexcept {
  const auto at = std::lower_bound(values_.begin(), values_.end(), boundary);
  if (at == values_.end() || *at != boundary) return std::nullopt;
  return static_cast<std::size_t>(at - values_.begin());
}

}  // namespace gelombang
