// How a load's own time relates to the clock. Without changes it is the clock, counted from the start of the schedule.
// Steering may pause the run, change its rate or jump in it. An arrival's time depends only on its place in the
// integral. So a change moves only later arrivals, and workers that know the same changes have the same schedule.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"
#include "engine/load/intensity.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gelombang {

enum class SteeringAction : std::uint8_t { pause, resume, rate, jump };
inline constexpr std::array<std::string_view, 4> kSteeringActionNames{"pause", "resume", "rate", "jump"};
constexpr std::string_view name(SteeringAction action) noexcept {
  return kSteeringActionNames[static_cast<std::size_t>(action)];
}

struct Steering {
  SteeringAction action = SteeringAction::pause;
  Duration at{};      // since the start of the schedule
  double factor = 1;  // rate: multiplies the planned rate; > 0
  Duration to{};      // jump: a time of the load
};

class Timetable {
 public:
  // The intensity must outlive the timetable.
  explicit Timetable(const Intensity& intensity);

  // `change` must not begin before the last one.
  void apply(const Steering& change);

  // The offset on the clock, in seconds, at which that many arrivals are expected; infinity beyond total(), and if the
  // load is paused there.
  [[nodiscard]] double when(double arrivals) const noexcept;
  // The offset on the clock of a time of the load; nullopt while the load is paused before that time. Not for a load
  // that jumped.
  [[nodiscard]] std::optional<Duration> when_at(Duration position) const noexcept;
  // Expected arrivals in [0, offset).
  [[nodiscard]] double integral(Duration offset) const noexcept;
  // Expected arrivals of the whole schedule, if there are no further changes.
  [[nodiscard]] double total() const noexcept;
  [[nodiscard]] Rate at(Duration offset) const noexcept;
  // The time of the load at an offset on the clock.
  [[nodiscard]] Duration position(Duration offset) const noexcept;
  // When the load is over; Duration::max() while it is paused.
  [[nodiscard]] Duration end() const noexcept;
  [[nodiscard]] bool paused() const noexcept { return intervals_.back().paused; }
  [[nodiscard]] double factor() const noexcept { return intervals_.back().factor; }

 private:
  // The time between two changes.
  struct Interval {
    Duration start{};     // on the clock
    Duration position{};  // of the load, at the start
    double before = 0;    // arrivals expected up to the start
    double skipped = 0;   // the load's integral up to `position`
    double factor = 1;
    bool paused = false;
  };
  [[nodiscard]] const Interval& interval_at(Duration offset) const noexcept;
  [[nodiscard]] Duration position(const Interval& interval, Duration offset) const noexcept;
  [[nodiscard]] double integral(const Interval& interval, Duration offset) const noexcept;

  const Intensity* intensity_;
  std::vector<Interval> intervals_;
};

}  // namespace gelombang
