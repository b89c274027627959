// The generator's own condition during a run, which can make its numbers wrong. Gathered once a second, judged by
// metrics/thresholds/validity, exported and summarised. docs/numbers.md says what each limit means.
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace gelombang {

struct GeneratorHealth {
  // CPU shares are the highest of any ten seconds so far. If the run is shorter, they are of the whole run.
  double cpu_share = 0;         // of the cores that we may use
  double worker_cpu_share = 0;  // of one core: the busiest worker thread
  double core_busy_share = 0;   // of the machine's busiest core, used by any process
  double steal_share = 0;       // of all cores: taken by the hypervisor for other guests
  // Event loops of the workers that were late by more than 100 ms.
  std::uint64_t stalls = 0;
  Duration stalled{};  // total
  Duration longest_stall{};
  Duration observed{};  // the time of all workers; `stalled` is a part of it
  // Garbage collection of the scripts, only the part that we request: between iterations.
  Duration gc_time{};
  Duration gc_longest{};
  std::uint64_t late_arrivals = 0;  // started or skipped more than 100 ms after their time
  std::uint64_t descriptors = 0;    // open now
  std::uint64_t descriptors_peak = 0;
  std::uint64_t descriptors_limit = 0;  // 0: unknown
  std::uint64_t ports = 0;              // local ports that this process may hold now, TIME_WAIT included
  std::uint64_t ports_peak = 0;
  std::uint64_t ports_limit = 0;  // 0: unknown
  Duration clock_step{};          // largest jump of the wall clock against steady time, in either direction

  [[nodiscard]] double stalled_share() const noexcept {
    return observed > Duration::zero() ? to_seconds(stalled) / to_seconds(observed) : 0;
  }
  [[nodiscard]] double gc_share() const noexcept {
    return observed > Duration::zero() ? to_seconds(gc_time) / to_seconds(observed) : 0;
  }
};

}  // namespace gelombang
