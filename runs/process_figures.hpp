// What this process costs the machine, what else the machine is busy with, and whether its clock can be trusted: the
// generator's own health during a run, except what the workers report about themselves.
#pragma once

#include "base/clock.hpp"
#include "engine/scenario/host_limits.hpp"
#include "metrics/generator_health.hpp"
#include "runs/peak_share.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

struct WorkerHealth;

// Seconds of one core since the machine was started.
struct CoreTimes {
  double busy = 0;  // all but idle and waiting for disks; includes stolen time
  double stolen = 0;
};
// Reads the text of /proc/stat: one core for each "cpuN" line.
std::vector<CoreTimes> read_core_times(std::string_view proc_stat, double ticks_per_second);

class ProcessFigures {
 public:
  ProcessFigures(const Clock& clock, const HostLimits& limits);
  // Call about once a second, with the same workers each time. `connections`: opened so far, at most.
  void sample(std::span<const WorkerHealth* const> workers, std::uint64_t connections);

  [[nodiscard]] double cpu_seconds() const noexcept { return cpu_seconds_; }  // since construction
  [[nodiscard]] std::uint64_t max_rss_bytes() const noexcept { return max_rss_; }
  [[nodiscard]] const GeneratorHealth& health() const noexcept { return health_; }

 private:
  void sample_cpu(TimePoint now);
  void sample_cores(TimePoint now);
  void sample_sockets(TimePoint now, std::uint64_t connections);
  void sample_clock();
  void sample_workers(TimePoint now, std::span<const WorkerHealth* const> workers);

  const Clock& clock_;
  double cores_;
  Duration time_wait_;
  double cpu_at_start_ = 0;
  Duration offset_{};  // wall minus steady time at the last sample
  double cpu_seconds_ = 0;
  std::uint64_t max_rss_ = 0;
  PeakShare cpu_;
  std::vector<PeakShare> worker_cpu_;
  std::vector<PeakShare> core_busy_;
  PeakShare stolen_;
  std::deque<std::pair<TimePoint, std::uint64_t>> connections_;  // opened so far; kept for as long as TIME_WAIT lasts
  GeneratorHealth health_;
};

}  // namespace gelombang
