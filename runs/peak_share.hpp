// How much of a time something took, at most, in any stretch of ten seconds.
#pragma once

#include "base/clock.hpp"

#include <deque>
#include <utility>

namespace gelombang {

class PeakShare {
 public:
  // `used` is a total that grows, in seconds; call about once a second.
  void add(TimePoint now, double used);
  // Used seconds per second; of all that was added where that is shorter than the window.
  [[nodiscard]] double peak() const noexcept { return peak_; }

 private:
  std::deque<std::pair<TimePoint, double>> recent_;
  double peak_ = 0;
  bool whole_window_ = false;  // peak_ is of one
};

}  // namespace gelombang
