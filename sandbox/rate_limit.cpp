#include "sandbox/rate_limit.hpp"

#include <algorithm>

namespace gelombang::sandbox {

std::optional<Duration> TokenBucket::take(TimePoint now) {
  if (per_second_ <= 0) return {};
  if (last_) tokens_ = std::min(burst_, tokens_ + to_seconds(now - *last_) * per_second_);
  last_ = now;
  // A billionth below one token is a rounding error of the refill.
  if (tokens_ >= 1 - 1e-9) {
    tokens_ -= 1;
    return {};
  }
  return from_seconds((1 - tokens_) / per_second_);
}

void KeyedLimit::configure(double per_second, double burst) {
  const std::lock_guard lock(mutex_);
  if (per_second == per_second_ && burst == burst_) return;
  per_second_ = per_second;
  burst_ = burst;
  buckets_.clear();
}

std::optional<Duration> KeyedLimit::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (per_second_ <= 0) return {};
  if (buckets_.size() >= kMaxKeys) buckets_.clear();
  return buckets_.try_emplace(key, per_second_, burst_).first->second.take(clock_.now());
}

std::optional<Duration> WindowLimit::blocked(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = windows_.find(key);
  if (at == windows_.end()) return {};
  const Duration left = at->second.start + window_ - clock_.now();
  if (left <= Duration{0}) {
    windows_.erase(at);
    return {};
  }
  if (at->second.used < count_) return {};
  return left;
}

void WindowLimit::record(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (windows_.size() >= kMaxKeys) make_room();
  Window& window = windows_[key];
  if (window.used == 0 || window.start + window_ <= clock_.now()) window = Window{clock_.now(), 0};
  ++window.used;
}

void WindowLimit::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  windows_.erase(key);
}

void WindowLimit::make_room() {
  const TimePoint now = clock_.now();
  std::erase_if(windows_, [&](const auto& entry) { return entry.second.start + window_ <= now; });
  if (windows_.size() >= kMaxKeys) windows_.clear();
}

}  // namespace gelombang::sandbox
