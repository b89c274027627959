// The maximum rate of a consent: a token bucket that holds one second's worth (at least one token),
// so that any t seconds see at most rate * (t + 1) requests.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"

#include <algorithm>

namespace gelombang {

class ConsentLimiter {
 public:
  ConsentLimiter(Rate rate, TimePoint now) : rate_(rate.per_second()), tokens_(capacity()), filled_at_(now) {}

  // Takes over what `before` has left, so that a renewed consent is no second burst.
  void inherit(const ConsentLimiter& before) { tokens_ = std::min(before.tokens_, capacity()); }

  // Whether a request may go now; take() then counts it.
  bool has_token(TimePoint now) {
    tokens_ = std::min(capacity(), tokens_ + rate_ * to_seconds(std::max(now - filled_at_, Duration::zero())));
    filled_at_ = std::max(filled_at_, now);
    return tokens_ >= 1 - kRounding;
  }
  void take() { tokens_ -= 1; }

 private:
  // Ten refills of a tenth are one.
  static constexpr double kRounding = 1e-9;
  [[nodiscard]] double capacity() const { return std::max(1.0, rate_); }

  double rate_;  // tokens per second
  double tokens_;
  TimePoint filled_at_;
};

}  // namespace gelombang
