// The durations at which every histogram of a run counts exactly: the classic buckets of the exporter
// and every latency that a threshold names. Chosen once, before the run, and shared by all histograms.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/bucket_index.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gelombang {

class LatencyBoundaries {
 public:
  static constexpr std::size_t kMaximum = 32;

  // The default classic buckets alone, 1 ms to 300 s.
  LatencyBoundaries();
  // The defaults and `named`. If they are more than 32, the defaults nearest to a named one are dropped. More than 32
  // different named durations, or one that is not above zero, is an Error.
  static Result<LatencyBoundaries> with(std::span<const Duration> named);

  // Exactly these values, as another run chose them. An Error if no run can choose them.
  static Result<LatencyBoundaries> exactly(std::vector<Duration> values);

  // Ascending.
  [[nodiscard]] std::span<const Duration> values() const noexcept { return values_; }
  // Where a value is counted: the first boundary that is not below the value, or size() if all are below.
  [[nodiscard]] std::size_t position(std::size_t bucket, Duration value) const noexcept {
    std::size_t at = first_in_bucket_[bucket];
    while (at < values_.size() && value > values_[at]) ++at;
    return at;
  }
  [[nodiscard]] std::optional<std::size_t> find(Duration boundary) const noexcept;

  friend bool operator==(const LatencyBoundaries& a, const LatencyBoundaries& b) { return a.values_ == b.values_; }

 private:
  explicit LatencyBoundaries(std::vector<Duration> values);

  std::vector<Duration> values_;
  std::array<std::uint8_t, kBucketCount> first_in_bucket_{};
};

}  // namespace gelombang
