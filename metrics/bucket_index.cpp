#include "metrics/bucket_index.hpp"

#include <cmath>

namespace gelombang {

namespace detail {

BucketTables::BucketTables() noexcept {
  for (std::size_t k = 0; k < bound.size(); ++k) bound[k] = std::exp2(static_cast<double>(k) / kBucketsPerOctave);
  std::uint8_t k = 0;
  for (std::size_t cell = 0; cell < first.size(); ++cell) {
    while (bound[k] < 1 + static_cast<double>(cell) / static_cast<double>(first.size())) ++k;
    first[cell] = k;
  }
}

const BucketTables kBucketTables;

}  // namespace detail

double bucket_upper(std::size_t index) noexcept {
  const std::size_t k = index + 1;
  const int octave = static_cast<int>(k / kBucketsPerOctave);
  return std::ldexp(detail::kBucketTables.bound[k % kBucketsPerOctave], kLowestExponent + octave);
}

double bucket_lower(std::size_t index) noexcept {
  return index == 0 ? std::ldexp(1.0, kLowestExponent) : bucket_upper(index - 1);
}

double bucket_middle(std::size_t index) noexcept {
  const double low = bucket_lower(index);
  const double high = bucket_upper(index);
  return 2 * low * high / (low + high);
}

}  // namespace gelombang
