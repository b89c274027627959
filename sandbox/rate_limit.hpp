// Limits for how often a client may do something, as in the portal's own rules.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace gelombang::sandbox {

// `burst` at once, `per_second` in the long run. per_second 0: no limit.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}
  // Nothing: go ahead. Otherwise, the time until the next token.
  std::optional<Duration> take(TimePoint now);

 private:
  double per_second_;
  double burst_;
  double tokens_;
  std::optional<TimePoint> last_;
};

// One bucket per key (a client's address). Thread-safe, bounded.
class KeyedLimit {
 public:
  explicit KeyedLimit(const Clock& clock) : clock_(clock) {}
  // A change empties the table: every key starts with a full bucket.
  void configure(double per_second, double burst);
  std::optional<Duration> take(const std::string& key);

 private:
  static constexpr std::size_t kMaxKeys = 100'000;
  const Clock& clock_;
  std::mutex mutex_;
  double per_second_ = 0;
  double burst_ = 1;
  std::unordered_map<std::string, TokenBucket> buckets_;
};

// `count` times in a window, then nothing until the window is over: wrong passwords of one account, resent mails of one
// address. Thread-safe, bounded.
class WindowLimit {
 public:
  WindowLimit(const Clock& clock, unsigned count, Duration window) : clock_(clock), count_(count), window_(window) {}
  // Nothing: below the limit. Otherwise, how long to wait. Does not count as a use.
  [[nodiscard]] std::optional<Duration> blocked(const std::string& key);
  void record(const std::string& key);
  void forget(const std::string& key);

 private:
  struct Window {
    TimePoint start{};
    unsigned used = 0;
  };
  static constexpr std::size_t kMaxKeys = 100'000;
  void make_room();

  const Clock& clock_;
  unsigned count_;
  Duration window_;
  std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace gelombang::sandbox
