// Where the figures of a run come from, asked about once a second: the workers of this process, or another source with
// the same layout. It hands over ages, not times, because another machine has another clock.
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
  // The schedule of the arrivals, with its changes. Applies to open loads only, except `arrivals_end`.
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

  // Hands over the counts since the last call and the visits under way now, once for each part that counts on its own.
  // The receiver may use both only during its call. Adds the details since the last call.
  using Receiver = std::function<void(const Snapshot& delta, const UnderWay& under_way)>;
  virtual void take(TimePoint now, const Receiver& receiver, SampledDetails& details) = 0;
  // The same at the end: visits still under way were cut off, and are counted as cut off.
  virtual void take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) = 0;

  [[nodiscard]] virtual Users users() const = 0;
  // Whether any request received a status.
  [[nodiscard]] virtual bool target_answered() const = 0;
  // What each worker reports about itself. The list has the same workers each time.
  [[nodiscard]] virtual std::vector<const WorkerHealth*> health() const = 0;
  [[nodiscard]] virtual Schedule schedule() const = 0;
};

}  // namespace gelombang
