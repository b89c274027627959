// How the visits of people ended: a funnel by step, the number of tries, and what a calm crowd would have sent.
// docs/people.md says what each number means.
#pragma once

#include "metrics/censored_histogram.hpp"
#include "metrics/error_class.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>

namespace gelombang {

// How a person's visit ended. A person who arrived and has no fate is still under way.
enum class PersonFate : std::uint8_t {
  succeeded,    // played the journey to its end
  left,         // the script said leave()
  lost,         // gave up after a failure of the target
  away,         // would try again, but only after the end of the load
  interrupted,  // cut off by the end of the run
  own_fault,    // the generator, the mailbox or the script spoilt the visit
};
inline constexpr std::array<std::string_view, 6> kPersonFateNames{"succeeded", "left",        "lost",
                                                                  "away",      "interrupted", "own_fault"};
inline constexpr std::size_t kPersonFateCount = kPersonFateNames.size();

// One visit that ended.
struct PersonSample {
  PersonFate fate = PersonFate::succeeded;
  std::optional<std::uint32_t> step;    // StepId of the last step played; nothing: before the first step
  ErrorClass error = ErrorClass::none;  // why, for lost and away
  Duration time{};                      // since the scheduled arrival
  bool at_step = false;                 // true: ended without ever passing the step; false: ended after it
};

// The people of one step. A person counts once, however often the step was played or tried.
struct StepPeople {
  std::uint64_t reached = 0;
  std::uint64_t succeeded = 0;
  // By PersonFate, except succeeded. `ended`: visits that ended at this step, of people who never passed it.
  // `ended_after`: visits that ended after this step, before the next one was reached or while it was played again.
  std::array<std::uint64_t, kPersonFateCount> ended{};
  std::array<std::uint64_t, kPersonFateCount> ended_after{};
  std::array<std::uint64_t, kErrorClassCount> lost{};  // at the step and after it, by class
  std::uint64_t first_tries = 0;                       // attempts
  std::uint64_t retries = 0;                           // further attempts
  std::uint64_t double_submits = 0;                    // requests sent twice at once
  std::uint64_t calm_requests = 0;                     // requests that a calm crowd would have sent

  void merge(const StepPeople& other) noexcept;
  [[nodiscard]] std::uint64_t attempts() const noexcept { return first_tries + retries; }
  [[nodiscard]] std::uint64_t operator[](PersonFate fate) const noexcept {
    return ended[static_cast<std::size_t>(fate)];
  }
  [[nodiscard]] std::uint64_t after(PersonFate fate) const noexcept {
    return ended_after[static_cast<std::size_t>(fate)];
  }
  // People who reached the step, did not pass it, and went on without it. Only for a run that is over.
  [[nodiscard]] std::uint64_t went_on() const noexcept {
    const std::uint64_t others = std::accumulate(ended.begin(), ended.end(), succeeded);
    return reached - std::min(reached, others);
  }
};

// The people of one journey.
struct JourneyPeople {
  explicit JourneyPeople(const std::shared_ptr<const LatencyBoundaries>& boundaries) : time(boundaries) {}
  void add(const PersonSample& sample) noexcept;
  void merge(const JourneyPeople& other);
  void clear() noexcept;

  std::array<std::uint64_t, kPersonFateCount> ended{};  // by PersonFate
  // From the scheduled arrival to the success of the whole journey. Censored: interrupted; lost and away, at kNever.
  CensoredHistogram time;
  [[nodiscard]] std::uint64_t operator[](PersonFate fate) const noexcept {
    return ended[static_cast<std::size_t>(fate)];
  }
  [[nodiscard]] std::uint64_t total() const noexcept {
    return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
  }
};

}  // namespace gelombang
