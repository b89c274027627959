// What this process costs the machine, and whether the machine's clock can be trusted: the generator's
// own health during a run.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <deque>
#include <utility>

namespace gelombang {

class ProcessFigures {
 public:
  explicit ProcessFigures(const Clock& clock);
  // Looks again; call about once a second.
  void sample();

  [[nodiscard]] double cpu_seconds() const noexcept { return cpu_seconds_; }  // since construction
  [[nodiscard]] double cpu_share(std::uint64_t cores) const noexcept;         // of the cores, since construction
  [[nodiscard]] std::uint64_t max_rss_bytes() const noexcept { return max_rss_; }
  [[nodiscard]] std::uint64_t descriptors_peak() const noexcept { return descriptors_peak_; }
  [[nodiscard]] std::uint64_t ports_peak() const noexcept { return ports_peak_; }  // of the machine, TIME_WAIT included
  [[nodiscard]] Duration clock_step() const noexcept { return clock_step_; }       // the largest seen

 private:
  const Clock& clock_;
  double cpu_at_start_ = 0;
  Duration offset_{};  // wall minus steady time when last looked at
  double cpu_seconds_ = 0;
  std::deque<std::pair<TimePoint, double>> recent_;  // CPU seconds, of the last ten seconds
  double most_cores_ = 0;
  std::uint64_t max_rss_ = 0;
  std::uint64_t descriptors_peak_ = 0;
  std::uint64_t ports_peak_ = 0;
  Duration clock_step_{};
};

}  // namespace gelombang
