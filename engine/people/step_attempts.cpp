#include "engine/people/step_attempts.hpp"

namespace gelombang {

void StepAttempts::begin(std::size_t steps) {
  steps_.assign(steps, Step{});
  open_ = nullptr;
  again_ = false;
  retrying_ = false;
  retried_ = false;
}

StepAttempts::Attempt StepAttempts::attempt(StepId step) {
  open_ = &steps_[step];
  requests_ = 0;
  if (!retrying_) ++open_->plays;
  retrying_ = false;
  Attempt result;
  result.reached = !open_->reached;
  open_->reached = true;
  if (open_->plays > open_->furthest) {
    open_->furthest = open_->plays;
    open_->most_requests = 0;
    open_->tries = 1;
    again_ = false;
    return result;
  }
  if (at_furthest(*open_)) ++open_->tries;
  result.again = again_ = true;
  return result;
}

void StepAttempts::restart() noexcept {
  retried_ = true;
  for (Step& step : steps_) step.plays = 0;
}

bool StepAttempts::request() noexcept {
  if (open_ == nullptr) return false;
  ++requests_;
  if (!at_furthest(*open_) || requests_ <= open_->most_requests) return false;
  open_->most_requests = requests_;
  return true;
}

bool StepAttempts::succeed() noexcept {
  if (open_ == nullptr || open_->succeeded) return false;
  open_->succeeded = true;
  return true;
}

std::uint32_t StepAttempts::tries() const noexcept {
  if (open_ == nullptr) return 0;
  return at_furthest(*open_) ? open_->tries : 1;
}

}  // namespace gelombang
