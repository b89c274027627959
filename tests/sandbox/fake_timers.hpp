// Timers on a fake clock.
#pragma once

#include "sandbox/timers.hpp"
#include "tests/support/fake_clock.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace gelombang::test {

class FakeTimers final : public sandbox::Timers {
 public:
  explicit FakeTimers(FakeClock& clock) : clock_(clock) {}

  void after(Duration delay, std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.emplace(clock_.now() + delay, std::move(task));
  }
  // Moves the clock and runs each due task at its own time.
  void advance(Duration by) {
    const TimePoint end = clock_.now() + by;
    for (;;) {
      std::function<void()> task;
      {
        const std::lock_guard lock(mutex_);
        const auto first = tasks_.begin();
        if (first == tasks_.end() || first->first > end) break;
        if (first->first > clock_.now()) clock_.advance(first->first - clock_.now());
        task = std::move(first->second);
        tasks_.erase(first);
      }
      task();
    }
    clock_.advance(end - clock_.now());
  }

 private:
  FakeClock& clock_;
  std::mutex mutex_;
  std::multimap<TimePoint, std::function<void()>> tasks_;
};

}  // namespace gelombang::test
