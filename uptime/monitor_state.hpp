// Whether a monitor's target is up, by the visits that were played, and its incidents.
#pragma once

#include "base/clock.hpp"
#include "uptime/slot.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

namespace gelombang::uptime {

enum class Health : std::uint8_t {
  unknown,   // nothing was seen for a while: neither up nor down
  up,        //
  degraded,  // up, and the last visit was slow or its mail late
  down,
};
inline constexpr std::array<std::string_view, 4> kHealthNames{"unknown", "up", "degraded", "down"};

// Down: `failures` of the last `of` visits of slots failed. Where both are equal it is failures in a row, and
// follow-ups count as well. 1 <= failures <= of <= 100.
struct DownRule {
  unsigned failures = 2;
  unsigned of = 2;
};

struct Visit {
  WallTime started{};
  WallTime ended{};
  VisitResult result = VisitResult::success;
  bool follow_up = false;  // played out of turn
};

// Something happened at a time that nobody saw, between two that were seen.
struct TimeBounds {
  std::optional<WallTime> after;  // nothing: no earlier visit is known
  WallTime by{};
};

struct Incident {
  TimeBounds began;                 // from the start of the last good visit to the end of the first failed one
  std::optional<TimeBounds> ended;  // from the start of the last failed visit to the end of the first good one
};

class MonitorState {
 public:
  struct Change {
    Health from;
    Health to;
    WallTime at{};
  };

  MonitorState(DownRule rule, Duration interval) noexcept : rule_(rule), interval_(interval) {}

  // A visit has ended; `at` is now on the boot clock. An aborted one says nothing and changes nothing.
  std::optional<Change> add(const Visit& visit, TimePoint at);
  // Time has passed: without evidence for three intervals the state is unknown. An open incident stays open.
  std::optional<Change> look(TimePoint at, WallTime wall) noexcept;

  [[nodiscard]] Health health() const noexcept { return health_; }
  [[nodiscard]] const std::optional<Incident>& incident() const noexcept { return incident_; }  // the last one
  [[nodiscard]] bool incident_open() const noexcept { return incident_ && !incident_->ended; }
  // Whether further visits would tell more: something failed, and the answer is not settled.
  [[nodiscard]] bool unsettled() const noexcept { return failures_in_row_ > 0 || incident_open(); }

 private:
  [[nodiscard]] bool failing() const noexcept;
  void note(const Visit& visit);
  void open_incident();
  std::optional<Change> become(Health health, WallTime at) noexcept;

  static constexpr unsigned kUp = 2;  // successes in a row
  static constexpr int kStale = 3;    // intervals

  DownRule rule_;
  Duration interval_;
  Health health_ = Health::unknown;
  std::optional<Incident> incident_;
  std::optional<TimePoint> evidence_;  // when the last visit told something

  struct Judged {
    Visit visit;
    std::optional<WallTime> good_before;
  };
  std::deque<Judged> recent_;            // of slots, the youngest last, at most rule_.of
  std::optional<WallTime> last_good_;    // when it started
  std::optional<WallTime> last_failed_;  // when it started
  TimeBounds row_began_;                 // of the failures, or of the successes, that follow each other
  unsigned failures_in_row_ = 0;
  unsigned successes_in_row_ = 0;
};

}  // namespace gelombang::uptime
