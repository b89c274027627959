// Base-2 exponential buckets at schema 5 of Prometheus' native histograms: 32 buckets per octave, bucket k
// holds (2^((k-1)/32), 2^(k/32)] seconds. Ours run from 2^-20 s (0.95 us) to 2^13 s (2 h 16 min).
// https://prometheus.io/docs/specs/native_histograms/#schema
#pragma once

#include "base/clock.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace gelombang {

inline constexpr int kBucketsPerOctave = 32;
inline constexpr int kLowestExponent = -20;  // seconds, as a power of two
inline constexpr int kHighestExponent = 13;
inline constexpr std::size_t kBucketCount = std::size_t{kHighestExponent - kLowestExponent} * kBucketsPerOctave;

namespace detail {
struct BucketTables {
  // 2^(k/32). One entry more than an octave, so the search in bucket_index() needs no bound check.
  std::array<double, kBucketsPerOctave + 1> bound{};
  // For each 64th of [1, 2): the smallest k whose bound is not below the start of that 64th. A bucket is wider than a
  // 64th, so the bucket of any value in that 64th is this k or the next.
  std::array<std::uint8_t, 64> first{};
  BucketTables() noexcept;
};
extern const BucketTables kBucketTables;
}  // namespace detail

// 0 .. kBucketCount - 1; values outside the range go to the first or the last bucket.
inline std::size_t bucket_index(Duration value) noexcept {
  const double seconds = static_cast<double>(value.count()) * 1e-9;
  if (!(seconds > 0x1p-20)) return 0;
  const auto bits = std::bit_cast<std::uint64_t>(seconds);
  const auto exponent = static_cast<int>(bits >> 52) - 1023;
  if (exponent >= kHighestExponent) return kBucketCount - 1;
  const auto mantissa = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffULL) | 0x3ff0'0000'0000'0000ULL);
  std::size_t k = detail::kBucketTables.first[(bits >> 46) & 63];
  if (mantissa > detail::kBucketTables.bound[k]) ++k;
  return static_cast<std::size_t>(exponent - kLowestExponent) * kBucketsPerOctave + k - 1;
}

// Whether the value is outside the buckets' range and therefore clamped.
inline bool outside_buckets(Duration value) noexcept {
  constexpr std::int64_t kHighest = (std::int64_t{1} << kHighestExponent) * 1'000'000'000;
  return value.count() < 954 || value.count() > kHighest;
}

// Seconds. A bucket holds (bucket_lower, bucket_upper].
double bucket_lower(std::size_t index) noexcept;
double bucket_upper(std::size_t index) noexcept;
// The point of a bucket with the same relative distance to both ends: at most 1.083 %.
double bucket_middle(std::size_t index) noexcept;
// The largest relative error of bucket_middle.
inline constexpr double kBucketError = 0.01084;

}  // namespace gelombang
