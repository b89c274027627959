// Measures whether a worker's event loop runs on time. A timer beats every 20 ms. A beat that is more than 100 ms late
// shows a stall, caused by the scheduler, by a script, or by a pause in Lua. Costs nothing per request.
#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace gelombang {

// Only the worker's thread writes it. Any thread may read it.
struct WorkerHealth {
  std::atomic<std::uint64_t> stalls{0};
  std::atomic<std::int64_t> stalled{0};        // ns, in all
  std::atomic<std::int64_t> longest_stall{0};  // ns
  std::atomic<std::int64_t> observed{0};       // ns since the first beat
  std::atomic<std::int64_t> cpu{0};            // ns of the thread
  std::atomic<std::int64_t> gc_time{0};        // ns
  std::atomic<std::int64_t> gc_longest{0};     // ns
  std::atomic<std::uint64_t> late_arrivals{0};

  void add_gc_pause(Duration pause) noexcept;
};

class StallDetector {
 public:
  static constexpr Duration kPeriod = std::chrono::milliseconds(20);
  static constexpr Duration kStall = std::chrono::milliseconds(100);

  explicit StallDetector(WorkerHealth& health) : health_(health) {}
  void start(TimePoint first) noexcept { first_ = due_ = first; }
  [[nodiscard]] TimePoint due() const noexcept { return due_; }
  // Call it from the worker's thread at due(). The lateness is recorded as the length of the stall; the real stall is
  // longer by at most one period.
  void beat(TimePoint now) noexcept;

 private:
  WorkerHealth& health_;
  TimePoint first_{};
  TimePoint due_{};
};

}  // namespace gelombang
