// What was measured of one thing in the course of a run, interval by interval (an interval is what happened between two
// looks, about a second): the bootstrap draws intervals. Memory is bounded: where there are many, neighbouring
// intervals become one.
#pragma once

#include "metrics/censored_histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gelombang {

// Series of one run get the same number of intervals, and so join them alike.
inline constexpr std::size_t kMostIntervals = 1200;

// Durations: the counts of histogram buckets, those that ended and those that were cut short apart.
class DurationSeries {
 public:
  // A bucket of either kind. Ascending keys are ascending buckets, what ended before what was cut short.
  struct Cell {
    std::uint32_t key = 0;
    std::uint64_t count = 0;
    [[nodiscard]] std::size_t bucket() const noexcept { return key / 2; }
    [[nodiscard]] bool censored() const noexcept { return key % 2 != 0; }
    static std::uint32_t key_of(std::size_t bucket, bool censored) noexcept {
      return static_cast<std::uint32_t>(bucket * 2 + (censored ? 1 : 0));
    }
  };
  using Interval = std::vector<Cell>;  // by key, without empty ones

  void add(const CensoredHistogram& interval);
  [[nodiscard]] const std::vector<Interval>& intervals() const noexcept { return intervals_; }
  // Everything, as one interval.
  [[nodiscard]] Interval total() const;

 private:
  std::vector<Interval> intervals_;
  std::size_t joined_ = 1;   // looks in an interval
  std::size_t pending_ = 0;  // looks in the last one
};

// A share: so many of so many.
class ShareSeries {
 public:
  struct Interval {
    std::uint64_t part = 0;
    std::uint64_t whole = 0;
  };

  void add(std::uint64_t part, std::uint64_t whole);
  [[nodiscard]] const std::vector<Interval>& intervals() const noexcept { return intervals_; }
  [[nodiscard]] Interval total() const noexcept;

 private:
  std::vector<Interval> intervals_;
  std::size_t joined_ = 1;
  std::size_t pending_ = 0;
};

}  // namespace gelombang
