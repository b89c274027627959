// The measurements of one thing in a run, interval by interval: the bootstrap draws intervals. An interval is the time
// between two looks, about a second. Memory is bounded: if there are many intervals, neighbours are merged.
#pragma once

#include "metrics/censored_histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gelombang {

// Series of one run get the same number of intervals, so all merge them alike.
inline constexpr std::size_t kMostIntervals = 1200;

// Durations: the counts of histogram buckets, separate for durations that ended and that were cut short.
class DurationSeries {
 public:
  // A bucket of either kind. Ascending keys are ascending buckets, in each bucket ended before cut short.
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
  std::size_t joined_ = 1;   // looks per interval
  std::size_t pending_ = 0;  // looks in the last interval
};

// A share: a part of a whole.
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
