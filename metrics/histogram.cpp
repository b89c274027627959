#include "metrics/histogram.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace gelombang {

void Histogram::cover(std::size_t lowest, std::size_t highest) {
  std::size_t begin = lowest / kBucketsPerOctave * kBucketsPerOctave;
  std::size_t end = (highest / kBucketsPerOctave + 1) * kBucketsPerOctave;
  if (counts_.empty()) {
    counts_.resize(end - begin);
    first_ = begin;
    return;
  }
  begin = std::min(begin, first_);
  end = std::max(end, first_ + counts_.size());
  counts_.insert(counts_.begin(), first_ - begin, 0);
  counts_.resize(end - begin);
  first_ = begin;
}

void Histogram::merge(const Histogram& other) {
  assert(boundaries_ == other.boundaries_ || *boundaries_ == *other.boundaries_);
  if (other.empty()) return;
  if (counts_.empty() || other.first_ < first_ || other.first_ + other.counts_.size() > first_ + counts_.size()) {
    cover(other.first_, other.first_ + other.counts_.size() - 1);
  }
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[other.first_ - first_ + i] += other.counts_[i];
  for (std::size_t i = 0; i < at_boundary_.size(); ++i) at_boundary_[i] += other.at_boundary_[i];
  count_ += other.count_;
  clamped_ += other.clamped_;
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - sum_;
  sum_ += std::min(room, other.sum_);
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() noexcept {
  if (empty()) return;
  std::fill(counts_.begin(), counts_.end(), 0);
  at_boundary_.fill(0);
  count_ = 0;
  clamped_ = 0;
  sum_ = 0;
  min_ = Duration::max();
  max_ = Duration::zero();
}

bool Histogram::restore(const Parts& parts) {
  clear();
  std::uint64_t count = 0;
  for (const auto& [index, n] : parts.buckets) {
    if (index >= kBucketCount || __builtin_add_overflow(count, n, &count)) return false;
  }
  std::uint64_t at_boundaries = 0;
  for (std::size_t i = 0; i < parts.at_boundary.size(); ++i) {
    if (i > boundaries_->values().size() && parts.at_boundary[i] > 0) return false;
    if (__builtin_add_overflow(at_boundaries, parts.at_boundary[i], &at_boundaries)) return false;
  }
  if (count != at_boundaries || parts.clamped > count) return false;
  if (count == 0) return true;
  if (parts.min < Duration::zero() || parts.max < parts.min) return false;
  if (bucket_index(parts.min) != parts.buckets.front().first) return false;
  if (bucket_index(parts.max) != parts.buckets.back().first) return false;
  cover(parts.buckets.front().first, parts.buckets.back().first);
  for (const auto& [index, n] : parts.buckets) counts_[index - first_] = n;
  at_boundary_ = parts.at_boundary;
  count_ = count;
  clamped_ = parts.clamped;
  sum_ = parts.sum;
  min_ = parts.min;
  max_ = parts.max;
  return true;
}

Duration Histogram::mean() const noexcept {
  return empty() ? Duration::zero() : Duration(static_cast<std::int64_t>(sum_ / count_));
}

Duration Histogram::bucket_value(std::size_t index) const noexcept {
  return std::clamp(from_seconds(bucket_middle(index)), min(), max());
}

std::optional<Duration> Histogram::percentile(double quantile) const noexcept {
  if (empty()) return std::nullopt;
  // The slack absorbs the rounding of the product, as in 0.07 * 100.
  const double wanted = std::ceil(quantile * static_cast<double>(count_) - 1e-9);
  const auto rank = std::clamp(static_cast<std::uint64_t>(std::max(wanted, 1.0)), std::uint64_t{1}, count_);
  // The ends are known exactly.
  if (rank == 1) return min();
  if (rank == count_) return max();
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return bucket_value(first_ + i);
  }
  return max();
}

std::uint64_t Histogram::count_up_to(std::size_t boundary) const noexcept {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i <= boundary && i < at_boundary_.size(); ++i) seen += at_boundary_[i];
  return seen;
}

std::uint64_t Histogram::count_above(Duration duration) const noexcept {
  if (const auto boundary = boundaries_->find(duration)) return count_ - count_up_to(*boundary);
  std::uint64_t above = 0;
  for (std::size_t i = bucket_index(duration) + 1; i < first_ + counts_.size(); ++i) above += bucket(i);
  return above;
}

}  // namespace gelombang
