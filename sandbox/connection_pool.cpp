#include "sandbox/connection_pool.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gelombang::sandbox {

ConnectionPool::ConnectionPool(const Clock& clock, Timers& timers) : clock_(clock), timers_(timers) {}

void ConnectionPool::configure(const PoolSettings& settings) {
  {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
  }
  grant_waiting();
}

PoolSettings ConnectionPool::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void ConnectionPool::acquire(Granted granted) {
  std::unique_lock lock(mutex_);
  if (in_use_ < settings_.size && waiters_.empty()) {
    ++in_use_;
    lock.unlock();
    granted(std::make_shared<Lease>(*this, clock_.now()));
    return;
  }
  const std::uint64_t id = ++next_id_;
  const Duration timeout = settings_.timeout;
  waiters_.push_back({id, std::move(granted)});
  lock.unlock();
  timers_.after(timeout, [this, id] { expire(id); });
}

void ConnectionPool::end_lease(TimePoint since) {
  const Duration left = since + settings().query_time - clock_.now();
  if (left > Duration{0}) {
    timers_.after(left, [this] { give_back(); });
  } else {
    give_back();
  }
}

void ConnectionPool::give_back() {
  {
    const std::lock_guard lock(mutex_);
    --in_use_;
  }
  grant_waiting();
}

void ConnectionPool::grant_waiting() {
  std::vector<Granted> ready;
  {
    const std::lock_guard lock(mutex_);
    while (in_use_ < settings_.size && !waiters_.empty()) {
      ready.push_back(std::move(waiters_.front().granted));
      waiters_.pop_front();
      ++in_use_;
    }
  }
  for (Granted& granted : ready) granted(std::make_shared<Lease>(*this, clock_.now()));
}

void ConnectionPool::expire(std::uint64_t id) {
  Granted granted;
  {
    const std::lock_guard lock(mutex_);
    // Waiters are sorted by id.
    const auto at = std::lower_bound(waiters_.begin(), waiters_.end(), id,
                                     [](const Waiter& waiter, std::uint64_t wanted) { return waiter.id < wanted; });
    if (at == waiters_.end() || at->id != id) return;
    granted = std::move(at->granted);
    waiters_.erase(at);
    ++timeouts_;
  }
  granted(nullptr);
}

std::size_t ConnectionPool::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_;
}

std::size_t ConnectionPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

std::uint64_t ConnectionPool::timeouts() const {
  const std::lock_guard lock(mutex_);
  return timeouts_;
}

}  // namespace gelombang::sandbox
