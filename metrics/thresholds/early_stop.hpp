// Whether a load stops early because nobody is answered at all: more of it would teach nothing. Pure: time and counts
// are passed in.
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
  static constexpr Duration kLast = std::chrono::seconds(5);       // what the last of them is given at least

  // Of requests so far, without those that faults of this machine stopped.
  struct Counts {
    std::uint64_t sent = 0;      // those under way included
    std::uint64_t given_up = 0;  // of them: their people had left
    bool answered = false;       // any got a status, whichever
  };
  // Called again and again while arrivals go on. Why the run is to stop, one line; once there was an answer, never.
  std::optional<std::string> judge(TimePoint now, const Counts& counts);

 private:
  std::optional<TimePoint> first_sent_;
  std::optional<TimePoint> enough_sent_;
};

}  // namespace gelombang
