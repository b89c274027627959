// The schedule of an open load: arrival j of a seed is at the same offset on every run, worker and
// machine. Poisson arrivals by time rescaling: unit-rate exponential gaps, a function of (seed, j),
// mapped through the inverse of the integrated intensity (Çinlar 1975, non-homogeneous Poisson process).
#pragma once

#include "base/clock.hpp"
#include "engine/load.hpp"

#include <cstdint>
#include <optional>

namespace gelombang {

struct Arrival {
  std::uint64_t index = 0;  // j: of the whole plan, before segments and workers
  Duration offset{};        // since the start of the schedule
};

// Which part of a plan somebody plays. Arrival j belongs to segment j mod segments, and within it to
// worker (j div segments) mod workers: the union over all is the plan, exactly.
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
  // The next arrival of this share; nothing after the last.
  std::optional<Arrival> next();

 private:
  const Intensity* intensity_;
  bool uniform_;
  double end_;  // arrivals happen below this point of the integral
  std::uint64_t seed_;
  Share share_;
  std::uint64_t index_ = 0;
  double rescaled_ = 0;  // the sum of unit-rate gaps up to the arrival before
};

// How many arrivals a segment has before `until`: what `planned` is.
std::uint64_t count_arrivals(const Load& load, std::uint64_t seed, const Segment& segment,
                             Duration until = Duration::max());

// Hands out arrivals when they are due. Deadlines are absolute: a late call shifts nothing.
class Pacer {
 public:
  Pacer(ArrivalSchedule schedule, TimePoint epoch);
  // The next arrival whose time has come; call until empty.
  std::optional<Arrival> due(TimePoint now);
  // When to look again; nothing after the last arrival.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }

 private:
  ArrivalSchedule schedule_;
  TimePoint epoch_;
  std::optional<Arrival> next_;
};

}  // namespace gelombang
