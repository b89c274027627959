#include "selftest/scheduler_probe.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace gelombang::selftest {

SchedulerProbe::SchedulerProbe() : thread_([this] { run(); }) {}

SchedulerProbe::~SchedulerProbe() {
  if (thread_.joinable()) finish();
}

void SchedulerProbe::run() {
  const SystemClock clock;
  while (!stop_) {
    const TimePoint due = clock.now() + std::chrono::milliseconds(5);
    std::this_thread::sleep_until(due);
    late_.push_back(clock.now() - due);
  }
}

SchedulerDelay SchedulerProbe::finish() {
  stop_ = true;
  thread_.join();
  if (late_.empty()) return {};
  std::sort(late_.begin(), late_.end());
  return {late_[late_.size() * 99 / 100], late_.back()};
}

}  // namespace gelombang::selftest
