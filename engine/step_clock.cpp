#include "engine/step_clock.hpp"

#include <algorithm>

namespace gelombang {

void StepClock::begin(TimePoint intended) noexcept {
  *this = StepClock{};
  intended_ = intended;
  last_byte_ = intended;
  resumes_at_ = intended;
}

void StepClock::request_started(TimePoint at) noexcept {
  if (requested_ && pausing_) late_ += std::max(Duration::zero(), at - resumes_at_);
  pausing_ = false;
  if (requested_) return;
  requested_ = true;
  first_request_ = at;
  paused_before_first_ = paused_;
}

void StepClock::request_ended(TimePoint at) noexcept {
  last_byte_ = at;
  resumes_at_ = at;
  paused_before_last_byte_ = paused_;
}

void StepClock::paused(Duration length, TimePoint until) noexcept {
  paused_ += length;
  resumes_at_ = until;
  pausing_ = true;
}

StepSample StepClock::finish(Outcome outcome, ErrorClass error, TimePoint now) const noexcept {
  const bool censored = outcome == Outcome::interrupted || outcome == Outcome::abandoned;
  const TimePoint end = censored ? now : last_byte_;
  // If a pause was cut short, only the part that has passed counts.
  const Duration left = pausing_ ? std::max(Duration::zero(), resumes_at_ - now) : Duration::zero();
  const Duration paused = censored ? paused_ - left : paused_before_last_byte_;
  StepSample sample;
  sample.outcome = outcome;
  sample.error = error;
  sample.timed = requested_;
  sample.response_time = std::max(Duration::zero(), end - intended_ - paused);
  if (requested_) {
    sample.service_time = std::max(Duration::zero(), end - first_request_ - (paused - paused_before_first_) - late_);
  }
  return sample;
}

}  // namespace gelombang
