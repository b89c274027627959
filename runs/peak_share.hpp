// The highest share of time that something used in any ten seconds.
#pragma once

#include "base/clock.hpp"

#include <deque>
#include <utility>

namespace gelombang {

class PeakShare {
 public:
  // `used` is a growing total in seconds. Call it about once a second.
  void add(TimePoint now, double used);
  // Used seconds per second. Before a whole window has passed: over all the time so far.
  [[nodiscard]] double peak() const noexcept { return peak_; }

 private:
  std::deque<std::pair<TimePoint, double>> recent_;
  double peak_ = 0;
  bool whole_window_ = false;  // peak_ is of a whole window
};

}  // namespace gelombang
