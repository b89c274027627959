// Whether a load goes on at a target that has answered nobody at all: then nothing is learnt from more of it. Pure:
// time and counts are passed in.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gelombang {

class EarlyStop {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(30);  // since the first request
  static constexpr std::uint64_t kRequests = 10;                   // fewer may be unlucky

  // Called again and again while arrivals go on. `sent`: requests so far, those under way included, without those that
  // faults of this machine stopped. `answered`: whether any of them got a status, whichever. Why the run is to stop,
  // one line; once there was an answer, never.
  std::optional<std::string> judge(TimePoint now, std::uint64_t sent, bool answered);

 private:
  std::optional<TimePoint> first_sent_;
};

}  // namespace gelombang
