// One person's way through a journey, as the funnel counts it: which steps were reached and passed, which attempts are
// further tries, and which requests a calm person would also have sent.
#pragma once

#include "metrics/catalog.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gelombang {

class StepAttempts {
 public:
  struct Attempt {
    bool reached = false;  // the person is at this step for the first time
    bool again = false;    // a further try
  };

  // Begins a new person. `steps`: how many steps the catalog has.
  void begin(std::size_t steps);
  // The step begins. After retry() it is a further try at the same play of the step, otherwise the next play.
  Attempt attempt(StepId step);
  void retry() noexcept { retrying_ = retried_ = true; }
  [[nodiscard]] bool has_retried() const noexcept { return retried_; }
  // The journey begins again. What the person already played counts as a further try.
  void restart() noexcept;
  // Counts a request of the open attempt; do not call it for second presses. Returns whether a calm person would have
  // sent it too. Of all attempts at one play, the longest one counts as the calm person's.
  bool request() noexcept;
  // The open attempt succeeded. Returns whether it is the first success of this step.
  bool succeed() noexcept;
  // Whether the open attempt is a further try.
  [[nodiscard]] bool again() const noexcept { return again_; }
  // Whether the person got through that step at least once.
  [[nodiscard]] bool through(StepId step) const noexcept { return steps_[step].succeeded; }
  // Tries at the current play, including this one; 0 before the first step.
  [[nodiscard]] std::uint32_t tries() const noexcept;

 private:
  struct Step {
    std::uint32_t plays = 0;          // since the journey began (again)
    std::uint32_t furthest = 0;       // the most plays so far
    std::uint32_t most_requests = 0;  // of an attempt at the furthest play
    std::uint32_t tries = 0;          // at the furthest play
    bool reached = false;
    bool succeeded = false;
  };
  [[nodiscard]] bool at_furthest(const Step& step) const noexcept { return step.plays == step.furthest; }

  std::vector<Step> steps_;
  Step* open_ = nullptr;
  std::uint32_t requests_ = 0;  // of the open attempt
  bool again_ = false;          // the open attempt is a further try
  bool retrying_ = false;
  bool retried_ = false;  // at least once
};

}  // namespace gelombang
