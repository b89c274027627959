// Durations, counted in 2.2 % wide buckets from 1 us to beyond 1 h, and exactly at the run's boundaries.
// Memory is constant (at most 9 KB), merging is exact, and so are count, sum, min and max.
// Not thread-safe.
#pragma once

#include "base/clock.hpp"
#include "metrics/bucket_index.hpp"
#include "metrics/latency_boundaries.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace gelombang {

class Histogram {
 public:
  explicit Histogram(std::shared_ptr<const LatencyBoundaries> boundaries) : boundaries_(std::move(boundaries)) {}

  // A negative duration counts as 0.
  void record(Duration value) {
    if (value < Duration::zero()) value = Duration::zero();
    const std::size_t bucket = bucket_index(value);
    std::size_t slot = bucket - first_;  // below first_ this wraps to a number beyond the end
    if (slot >= counts_.size()) [[unlikely]] {
      cover(bucket, bucket);
      slot = bucket - first_;
    }
    ++counts_[slot];
    ++at_boundary_[boundaries_->position(bucket, value)];
    clamped_ += outside_buckets(value) ? 1U : 0U;
    ++count_;
    if (__builtin_add_overflow(sum_, static_cast<std::uint64_t>(value.count()), &sum_)) [[unlikely]]
      sum_ = UINT64_MAX;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }
  // Both must share their boundaries.
  void merge(const Histogram& other);
  // Forgets the values, keeps the memory.
  void clear() noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // Values outside 1 us .. 2 h 16 min: counted in the outermost buckets, exact in min, max and sum.
  [[nodiscard]] std::uint64_t clamped() const noexcept { return clamped_; }
  // Nanoseconds; saturates after 584 years.
  [[nodiscard]] std::uint64_t sum_nanoseconds() const noexcept { return sum_; }
  [[nodiscard]] double sum_seconds() const noexcept { return static_cast<double>(sum_) * 1e-9; }
  // Zero when empty.
  [[nodiscard]] Duration min() const noexcept { return empty() ? Duration::zero() : min_; }
  [[nodiscard]] Duration max() const noexcept { return max_; }
  [[nodiscard]] Duration mean() const noexcept;
  // The value of rank ceil(quantile * count) within 1.1 %, never outside min .. max; nothing when empty.
  // quantile in [0, 1].
  [[nodiscard]] std::optional<Duration> percentile(double quantile) const noexcept;

  [[nodiscard]] const LatencyBoundaries& boundaries() const noexcept { return *boundaries_; }
  [[nodiscard]] const std::shared_ptr<const LatencyBoundaries>& shared_boundaries() const noexcept {
    return boundaries_;
  }
  // The exact number of values not above the boundary with that index.
  [[nodiscard]] std::uint64_t count_up_to(std::size_t boundary) const noexcept;
  // The number of values above a duration. If the duration is no boundary, values in its bucket count as below.
  [[nodiscard]] std::uint64_t count_above(Duration duration) const noexcept;
  // The buckets in use: first_bucket() .. first_bucket() + buckets().size() - 1.
  [[nodiscard]] std::size_t first_bucket() const noexcept { return first_; }
  [[nodiscard]] const std::vector<std::uint64_t>& buckets() const noexcept { return counts_; }
  // Counts by the first boundary that is not below the value. The entry after the last boundary is "above all".
  [[nodiscard]] std::span<const std::uint64_t> at_boundaries() const noexcept { return at_boundary_; }
  [[nodiscard]] std::uint64_t bucket(std::size_t index) const noexcept {
    const std::size_t slot = index - first_;
    return slot < counts_.size() ? counts_[slot] : 0;
  }
  // The duration that represents all values of a bucket.
  [[nodiscard]] Duration bucket_value(std::size_t index) const noexcept;

  // The whole content of a histogram, as stored.
  struct Parts {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets;  // index and count, ascending; none is 0
    std::array<std::uint64_t, LatencyBoundaries::kMaximum + 1> at_boundary{};
    std::uint64_t clamped = 0;
    std::uint64_t sum = 0;  // nanoseconds
    Duration min{};
    Duration max{};
  };
  // Takes the content of `parts`. If they contradict each other, returns false and is empty.
  bool restore(const Parts& parts);

 private:
  // Widens counts_ by whole octaves to hold these buckets.
  void cover(std::size_t lowest, std::size_t highest);

  std::shared_ptr<const LatencyBoundaries> boundaries_;
  std::size_t first_ = 0;
  std::vector<std::uint64_t> counts_;
  std::array<std::uint64_t, LatencyBoundaries::kMaximum + 1> at_boundary_{};  // not cumulative; the last is "above all"
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
  std::uint64_t sum_ = 0;
  Duration min_ = Duration::max();
  Duration max_ = Duration::zero();
};

}  // namespace gelombang
