// The two clocks of a step. Response time runs from the intended start, service time from the actual start of the first
// request. Both end at the last byte of the last request, and leave out the pauses (think, sleep, mail) in between.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"

namespace gelombang {

class StepClock {
 public:
  void begin(TimePoint intended) noexcept;
  void request_started(TimePoint at) noexcept;
  void request_ended(TimePoint at) noexcept;
  // A pause inside the step. `length` is the planned length. A late wake-up is our own delay and counts as response
  // time only.
  void paused(Duration length, TimePoint until) noexcept;
  // An interrupted or abandoned step ends at `now`, which censors it.
  [[nodiscard]] StepSample finish(Outcome outcome, ErrorClass error, TimePoint now) const noexcept;
  // When the person may go on: at the last byte, or at the end of a pause after it.
  [[nodiscard]] TimePoint resumes_at() const noexcept { return resumes_at_; }

 private:
  TimePoint intended_{};
  TimePoint first_request_{};
  TimePoint last_byte_{};
  TimePoint resumes_at_{};
  Duration paused_{};                   // since the step began
  Duration paused_before_first_{};      // up to the first request
  Duration paused_before_last_byte_{};  // up to the last byte
  Duration late_{};                     // from the ends of pauses to the requests that followed them
  bool requested_ = false;
  bool pausing_ = false;  // no request since the last pause
};

}  // namespace gelombang
