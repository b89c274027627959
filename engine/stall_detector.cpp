#include "engine/stall_detector.hpp"

#include <algorithm>
#include <ctime>

namespace gelombang {
namespace {

// Only one thread writes, so the addition need not be atomic.
void add(std::atomic<std::int64_t>& to, std::int64_t value) {
  to.store(to.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

void raise(std::atomic<std::int64_t>& to, std::int64_t value) {
  if (value > to.load(std::memory_order_relaxed)) to.store(value, std::memory_order_relaxed);
}

std::int64_t thread_cpu() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

void WorkerHealth::add_gc_pause(Duration pause) noexcept {
  add(gc_time, pause.count());
  raise(gc_longest, pause.count());
}

void StallDetector::beat(TimePoint now) noexcept {
  const Duration late = now - due_;
  if (late > kStall) {
    health_.stalls.store(health_.stalls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    add(health_.stalled, late.count());
    raise(health_.longest_stall, late.count());
  }
  health_.observed.store(std::max(Duration::zero(), now - first_).count(), std::memory_order_relaxed);
  health_.cpu.store(thread_cpu(), std::memory_order_relaxed);
  due_ = now + kPeriod;
}

}  // namespace gelombang
