// A stand-in for the civil registry that portals ask about identity numbers: a limited number of look-ups per second,
// and a delayed response.
#pragma once

#include "base/clock.hpp"
#include "sandbox/rate_limit.hpp"
#include "sandbox/timers.hpp"

#include <functional>
#include <mutex>
#include <string>

namespace gelombang::sandbox {

struct Identity {
  std::string nik;
  std::string kk;
  std::string birth_date;  // "YYYY-MM-DD"
};

struct RegistryAnswer {
  enum class Outcome : std::uint8_t { match, mismatch, busy };
  Outcome outcome = Outcome::busy;
  Duration retry_after{0};  // if busy
};

// Whether the birth date in a NIK (with 40 added to the day for women) equals `birth_date`, and is a real calendar day.
bool birth_date_matches(const std::string& nik, const std::string& birth_date);

class Registry {
 public:
  Registry(const Clock& clock, Timers& timers) : clock_(clock), timers_(timers) {}
  // Rate 0: no limit. The look-ups of one second may come at once.
  void configure(double per_second, Duration delay);
  void look_up(const Identity& identity, std::function<void(const RegistryAnswer&)> then);

 private:
  const Clock& clock_;
  Timers& timers_;
  std::mutex mutex_;
  double rate_ = 0;
  Duration delay_{0};
  TokenBucket bucket_{0, 1};
};

}  // namespace gelombang::sandbox
