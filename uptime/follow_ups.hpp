// When a visit is played out of turn after a failure: to learn soon whether the target is down, and when it is back.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace gelombang::uptime {

class FollowUps {
 public:
  static constexpr Duration kFirst = std::chrono::seconds(5);
  static constexpr Duration kSlowest = std::chrono::seconds(30);  // between two, after some time
  static constexpr Duration kAtMost = std::chrono::minutes(10);   // from the first failure on

  // A visit of a slot failed at `at`. A later failure in the same row of failures changes nothing.
  void begin(TimePoint at) noexcept;
  // A follow-up has ended.
  void played(TimePoint at) noexcept;
  // Enough is known: the target is up.
  void end() noexcept { *this = FollowUps(); }

  // Nothing: none is due any more.
  [[nodiscard]] std::optional<TimePoint> next() const noexcept;

 private:
  std::optional<TimePoint> begun_;
  TimePoint next_{};
  Duration pause_ = kFirst;
};

}  // namespace gelombang::uptime
