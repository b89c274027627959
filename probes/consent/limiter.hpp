// Enforces the maximum rate of a consent. The token bucket holds one second's worth of tokens (at least one), so any t
// seconds see at most rate * (t + 1) requests, plus one per thread when a consent is renewed. One bucket serves all
// threads of the process without a lock.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace gelombang {

class ConsentLimiter {
 public:
  // Full at `now`.
  ConsentLimiter(Rate rate, TimePoint now)
      : made_at_(now),
        interval_(static_cast<std::int64_t>(kSecond / std::max(rate.per_second(), kSlowest))),
        capacity_(std::max(interval_, kSecond)),
        empty_at_(-capacity_) {}

  // Takes over the tokens that `before` has left, so that a renewed consent allows no second burst.
  void inherit(const ConsentLimiter& before) noexcept {
    const double tokens = static_cast<double>(before.filled(made_at_)) / static_cast<double>(before.interval_);
    const double time = tokens * static_cast<double>(interval_);
    empty_at_ = time < static_cast<double>(capacity_) ? -static_cast<std::int64_t>(time) : -capacity_;
  }

  // Counts a request that starts now. False if the request may not start; then nothing is counted.
  bool take(TimePoint now) noexcept {
    const std::int64_t at = since_made(now);
    std::int64_t empty_at = empty_at_.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t from = std::max(empty_at, at - capacity_);
      if (at - from < interval_) return false;
      if (empty_at_.compare_exchange_weak(empty_at, from + interval_, std::memory_order_relaxed)) return true;
    }
  }
  // Undoes take() for a request that does not start after all.
  void give_back() noexcept { empty_at_.fetch_sub(interval_, std::memory_order_relaxed); }

 private:
  // In picoseconds: 90 days, the longest lifetime of a consent, fit into 64 bits. Truncating the interval raises the
  // rate by less than 1e-7 of it at 100,000 requests a second.
  static constexpr std::int64_t kSecond = 1'000'000'000'000;
  static constexpr double kSlowest = 1e-6;  // per second; about one request in 12 days

  [[nodiscard]] std::int64_t since_made(TimePoint now) const noexcept { return (now - made_at_).count() * 1000; }
  [[nodiscard]] std::int64_t filled(TimePoint now) const noexcept {
    return std::clamp(since_made(now) - empty_at_.load(std::memory_order_relaxed), std::int64_t{0}, capacity_);
  }

  TimePoint made_at_;
  std::int64_t interval_;               // time in which one token arrives
  std::int64_t capacity_;               // time in which an empty bucket becomes full
  std::atomic<std::int64_t> empty_at_;  // since made_at_: when the bucket was empty, had it filled ever since
};

}  // namespace gelombang
