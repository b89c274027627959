// Whether a load stops early because the target responds to nobody: more load would show nothing new. Pure: time and
// counts are passed in.
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
  static constexpr std::uint64_t kRequests = 10;                   // fewer may fail by chance
  static constexpr Duration kLast = std::chrono::seconds(5);       // the least time for the last of them

  // Requests so far, except those that faults of this machine stopped.
  struct Counts {
    std::uint64_t sent = 0;      // including those under way
    std::uint64_t given_up = 0;  // of these: their people had left
    bool answered = false;       // any request got a status
  };
  // Called again and again while arrivals go on. Says in one line why the run must stop. Never after a response.
  std::optional<std::string> judge(TimePoint now, const Counts& counts);

 private:
  std::optional<TimePoint> first_sent_;
  std::optional<TimePoint> enough_sent_;
};

}  // namespace gelombang
