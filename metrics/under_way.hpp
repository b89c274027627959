// People under way: visits that began and have not ended, and how long their people have waited so far. Histograms
// count only what ended, so a target that does not respond adds nothing to them. Its waiting people are counted here.
#pragma once

#include "metrics/histogram.hpp"
#include "metrics/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gelombang {

class Snapshot;

// A step that a person is in. Its clocks stop in pauses, as in the times of finished steps.
struct OpenStep {
  StepId step = 0;
  TimePoint intended{};  // response time counts from here
  TimePoint began{};     // service time from here
  TimePoint pause_begins{};
  TimePoint pause_ends{};  // of the last pause; max while its end is not known

  // Adds a pause, which comes after the last one.
  void pause(TimePoint begins, TimePoint ends) noexcept;
  // Ends a pause whose end was not known.
  void resume(TimePoint now) noexcept { pause_ends = now; }
  [[nodiscard]] Duration response_age(TimePoint now) const noexcept { return age(intended, now); }
  [[nodiscard]] Duration service_age(TimePoint now) const noexcept { return age(began, now); }

 private:
  [[nodiscard]] Duration age(TimePoint from, TimePoint now) const noexcept;
};

struct OpenVisit {
  JourneyId journey = 0;
  TimePoint intended{};  // the scheduled arrival
  TimePoint started{};
  std::optional<OpenStep> step;  // nothing: between two steps
};

// The visits of one worker. A visit keeps the place that it got when it began.
class OpenVisits {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = UINT32_MAX;

  Id open(const OpenVisit& visit);
  void close(Id id);
  [[nodiscard]] OpenVisit& operator[](Id id) { return *visits_[id]; }
  // Appends the open visits.
  void copy_to(std::vector<OpenVisit>& to) const;

 private:
  std::vector<std::optional<OpenVisit>> visits_;
  std::vector<Id> free_;
};

// How long people have waited at one moment. Pictures of several workers add up. Pictures of several moments never do:
// a person who waited a second ago still waits, or is already counted among the ended.
struct UnderWay {
  struct Step {
    Histogram response_time;
    Histogram service_time;
  };
  struct Journey {
    Histogram duration;     // since the visit began
    Histogram person_time;  // since the scheduled arrival
  };
  explicit UnderWay(const MetricsLayout& layout);

  void add(std::span<const OpenVisit> visits, TimePoint now);
  // Adds the people of another worker at the same moment.
  void merge(const UnderWay& other);
  // Keeps the memory.
  void clear() noexcept;
  [[nodiscard]] bool empty() const noexcept;
  // Adds the waiting people to the counts up to this moment, as if all were cut off now. Only for display.
  void censor(Snapshot& counted) const;

  std::vector<Step> steps;        // by StepId
  std::vector<Journey> journeys;  // by JourneyId
  Histogram mail;                 // mails that somebody waits for: time since the request that caused them
};

}  // namespace gelombang
