// Where the figures of a run come from, asked about once a second: the workers of this process, or whatever else counts
// in the same layout. What is handed over holds ages and no times, for another machine has another clock.
#pragma once

#include "base/clock.hpp"
#include "engine/load/timetable.hpp"
#include "engine/stall_detector.hpp"
#include "metrics/sampled_details.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/under_way.hpp"
#include "metrics/user_state.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace gelombang {

class FigureSource {
 public:
  // Virtual users at this moment.
  struct Users {
    UsersByState by_state{};
    std::uint64_t most_active = 0;  // so far
  };
  // What the arrivals follow, changes of it included. Of open loads, but for its end.
  struct Schedule {
    const Timetable& timetable;
    const std::vector<Steering>& changes;
    TimePoint arrivals_end;  // max while the load is paused
    bool cut_short = false;  // arrivals ended before the load did
  };

  FigureSource() = default;
  virtual ~FigureSource() = default;
  FigureSource(const FigureSource&) = delete;
  FigureSource& operator=(const FigureSource&) = delete;

  // Hands over what was counted since the last time, and who is under way now, once for each part that counts by
  // itself; both are the receiver's for the time of a call only. Adds the details since the last time.
  using Receiver = std::function<void(const Snapshot& delta, const UnderWay& under_way)>;
  virtual void take(TimePoint now, const Receiver& receiver, SampledDetails& details) = 0;
  // The same at the end: whoever is still under way was cut off, and is counted so.
  virtual void take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) = 0;

  [[nodiscard]] virtual Users users() const = 0;
  // Whether a status came for any request.
  [[nodiscard]] virtual bool target_answered() const = 0;
  // What each worker says of itself; the same workers each time.
  [[nodiscard]] virtual std::vector<const WorkerHealth*> health() const = 0;
  [[nodiscard]] virtual Schedule schedule() const = 0;
};

}  // namespace gelombang
