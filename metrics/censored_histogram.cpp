#include "metrics/censored_histogram.hpp"

#include "metrics/bucket_index.hpp"

#include <algorithm>

namespace gelombang {
namespace {

// The rounding of a product of at most kBucketCount factors is far below this. The share of one rank is far above.
constexpr double kSlack = 1e-12;

// Walks the buckets upwards. Within a bucket, ended durations come before cut ones, as is usual for ties.
class SurvivalCurve {
 public:
  explicit SurvivalCurve(const CensoredHistogram& both)
      : both_(both), at_risk_(both.observed.count() + both.censored.count()) {}

  // Moves to the next bucket in which something ended; false if there is none.
  bool next() {
    for (; bucket_ < kBucketCount; ++bucket_) {
      const std::uint64_t ended = both_.observed.bucket(bucket_);
      const std::uint64_t cut = both_.censored.bucket(bucket_);
      if (ended > 0) {
        survival_ *= static_cast<double>(at_risk_ - ended) / static_cast<double>(at_risk_);
        value_ = both_.observed.bucket_value(bucket_);
      }
      at_risk_ -= ended + cut;
      if (ended > 0) {
        ++bucket_;
        return true;
      }
    }
    return false;
  }
  // The share that lasts longer than value().
  [[nodiscard]] double survival() const { return survival_; }
  [[nodiscard]] Duration value() const { return value_; }

 private:
  const CensoredHistogram& both_;
  std::uint64_t at_risk_;
  std::size_t bucket_ = 0;
  double survival_ = 1;
  Duration value_{};
};

// The mean of those that were cut short where nothing ended any more, as if they had ended then.
double tail_seconds(const CensoredHistogram& both) {
  if (both.observed.empty()) return both.censored.sum_seconds() / static_cast<double>(both.censored.count());
  const Duration last = both.observed.max();
  double seconds = 0;
  std::uint64_t count = 0;
  for (std::size_t i = bucket_index(last); i < kBucketCount; ++i) {
    const std::uint64_t cut = both.censored.bucket(i);
    if (cut == 0) continue;
    seconds += static_cast<double>(cut) * to_seconds(std::max(both.censored.bucket_value(i), last));
    count += cut;
  }
  return count > 0 ? seconds / static_cast<double>(count) : to_seconds(last);
}

Histogram pooled(const CensoredHistogram& both) {
  Histogram all = both.observed;
  all.merge(both.censored);
  return all;
}

}  // namespace

std::optional<Estimate> percentile(const CensoredHistogram& both, double quantile) {
  if (both.censored.empty()) {
    const auto exact = both.observed.percentile(quantile);
    if (!exact) return std::nullopt;
    return Estimate{*exact, false};
  }
  SurvivalCurve curve(both);
  while (curve.next()) {
    if (curve.survival() <= 1 - quantile + kSlack) return Estimate{curve.value(), false};
  }
  const Duration if_ended = pooled(both).percentile(quantile).value_or(Duration::zero());
  // The rank lies beyond the last bucket: in the share whose end was never seen.
  const bool never = both.censored.max() >= kNever && bucket_index(if_ended) + 1 == kBucketCount;
  return Estimate{never ? kNever : std::max(curve.value(), if_ended), true};
}

std::optional<Estimate> mean(const CensoredHistogram& both) {
  if (both.censored.empty()) {
    if (both.observed.empty()) return std::nullopt;
    return Estimate{both.observed.mean(), false};
  }
  SurvivalCurve curve(both);
  double seconds = 0;
  double survival = 1;
  while (curve.next()) {
    seconds += (survival - curve.survival()) * to_seconds(curve.value());
    survival = curve.survival();
  }
  if (survival <= kSlack) return Estimate{from_seconds(seconds), false};
  if (both.censored.max() >= kNever) return Estimate{kNever, true};
  return Estimate{from_seconds(seconds + survival * tail_seconds(both)), true};
}

std::optional<Estimate> minimum(const CensoredHistogram& both) {
  if (!both.observed.empty()) return Estimate{both.observed.min(), false};
  if (!both.censored.empty()) return Estimate{both.censored.min(), true};
  return std::nullopt;
}

std::optional<Estimate> maximum(const CensoredHistogram& both) {
  if (both.observed.empty() && both.censored.empty()) return std::nullopt;
  if (both.censored.max() > both.observed.max()) return Estimate{both.censored.max(), true};
  return Estimate{both.observed.empty() ? both.censored.max() : both.observed.max(), both.observed.empty()};
}

}  // namespace gelombang
