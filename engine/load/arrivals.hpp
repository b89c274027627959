// The schedule of an open load: arrival j of a seed is at the same offset on every run, worker and machine. Poisson
// arrivals by time rescaling: unit-rate exponential gaps, a function of (seed, j), mapped through the inverse of the
// integrated intensity (Çinlar 1975, non-homogeneous Poisson process). Recorded sessions come at their recorded times
// instead.
#pragma once

#include "base/clock.hpp"
#include "engine/load/catch_up.hpp"
#include "engine/load/load.hpp"
#include "engine/load/timetable.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace gelombang {

struct Arrival {
  std::uint64_t index = 0;  // j in the whole plan, before the split into segments and workers
  Duration offset{};        // since the start of the schedule
};

// The part of a plan that one worker plays. Arrival j belongs to segment j mod segments, and within it to worker (j div
// segments) mod workers. All shares together are exactly the plan.
struct Share {
  Segment segment;
  std::uint64_t worker = 0;
  std::uint64_t workers = 1;
  [[nodiscard]] bool owns(std::uint64_t index) const noexcept {
    return index % segment.count == segment.index && index / segment.count % workers == worker;
  }
};

class ArrivalSchedule {
 public:
  ArrivalSchedule(const Load& load, std::uint64_t seed, Share share);
  // The next arrival of this share; nullopt if none is planned at present.
  [[nodiscard]] std::optional<Arrival> peek() const;
  // Goes on to the following arrival.
  void advance();
  std::optional<Arrival> next();
  // Moves the future arrivals.
  void steer(const Steering& change);
  [[nodiscard]] const Timetable& timetable() const noexcept { return timetable_; }

 private:
  void draw();
  void find_own();

  Timetable timetable_;
  const SessionReplay* sessions_;  // null if arrivals are drawn
  bool uniform_;
  std::uint64_t seed_;
  Share share_;
  std::uint64_t index_ = 0;  // of the next arrival, or of another share's beyond the end
  double rescaled_ = 0;      // the sum of unit-rate gaps up to it
};

// How many arrivals a segment has after these changes. Reports call it `planned`.
std::uint64_t count_arrivals(const Load& load, std::uint64_t seed, const Segment& segment,
                             const std::vector<Steering>& changes = {});

// Hands out arrivals when they are due. Deadlines are absolute: a late call shifts no other arrival, and an arrival's
// intended time never changes. If an arrival is later than kStall, there was a stall, and the policy decides what
// happens to the arrival. A smaller delay comes from the resolution of timers and schedulers, and the arrival starts at
// once.
class Pacer {
 public:
  static constexpr Duration kStall = std::chrono::milliseconds(100);
  static constexpr double kCatchUpSpeed = 1.2;

  Pacer(ArrivalSchedule schedule, TimePoint epoch, CatchUp policy = CatchUp::capped);
  // The next arrival that may start; call until it returns nullopt.
  std::optional<Arrival> due(TimePoint now);
  // Whether to drop an arrival that due() returned: it is late, and the policy is `skip`.
  [[nodiscard]] bool skips(const Arrival& arrival, TimePoint now) const noexcept {
    return policy_ == CatchUp::skip && now - (epoch_ + arrival.offset) > kStall;
  }
  // The next arrival that was intended before `time`, even if it may not start yet. A stop uses it to count the
  // remaining arrivals.
  std::optional<Arrival> intended_before(TimePoint time);
  // When to call due() again; nullopt if no arrival is planned at present.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  void steer(const Steering& change) { schedule_.steer(change); }
  // When the load is over; TimePoint::max() while it is paused.
  [[nodiscard]] TimePoint end() const noexcept;
  [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }
  // How many arrivals were handed out later than kStall.
  [[nodiscard]] std::uint64_t late() const noexcept { return late_; }

 private:
  // From here on the schedule is played faster, until it has caught up with the clock.
  struct Resumption {
    TimePoint at;
    Duration offset;
  };
  [[nodiscard]] TimePoint release_of(const Arrival& arrival) const noexcept;

  ArrivalSchedule schedule_;
  TimePoint epoch_;
  CatchUp policy_;
  std::optional<Resumption> resumed_;
  std::uint64_t late_ = 0;
};

}  // namespace gelombang
