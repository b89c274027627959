// How late this machine's scheduler wakes a thread that has nothing else to do: no program on it can do better.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <thread>
#include <vector>

namespace gelombang::selftest {

struct SchedulerDelay {
  Duration p99{};
  Duration max{};
};

// Runs its own thread from construction to finish().
class SchedulerProbe {
 public:
  SchedulerProbe();
  ~SchedulerProbe();
  SchedulerProbe(const SchedulerProbe&) = delete;
  SchedulerProbe& operator=(const SchedulerProbe&) = delete;
  SchedulerDelay finish();

 private:
  void run();

  std::atomic<bool> stop_{false};
  std::vector<Duration> late_;
  std::thread thread_;
};

}  // namespace gelombang::selftest
