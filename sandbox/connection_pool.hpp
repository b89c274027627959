// The portal's pool of database connections, as a limit that requests wait for. The database of a real portal is across
// a network: a query holds a connection for its whole duration. When all connections are in use, the next request
// waits, first come first served, until the pool's timeout.
//
// SQLite itself runs in this process with one writer, so it needs no pool. The pool is the mechanism behind the
// "connection pool exhausted" fault: a small size and a query time.
#pragma once

#include "base/clock.hpp"
#include "sandbox/timers.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace gelombang::sandbox {

struct PoolSettings {
  std::size_t size = 64;                      // connections
  Duration query_time{0};                     // a connection is held at least this long
  Duration timeout{std::chrono::seconds(5)};  // a longer wait is refused
  friend bool operator==(const PoolSettings&, const PoolSettings&) = default;
};

class ConnectionPool {
 public:
  // Held while the query runs. The destructor gives the connection back, but not before the query time is over.
  class Lease {
   public:
    Lease(ConnectionPool& pool, TimePoint since) : pool_(pool), since_(since) {}
    ~Lease() { pool_.end_lease(since_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

   private:
    ConnectionPool& pool_;
    TimePoint since_;
  };
  using Granted = std::function<void(std::shared_ptr<Lease>)>;  // null: the timeout came first

  // Both must outlive the pool. The pool must outlive its leases and timers.
  ConnectionPool(const Clock& clock, Timers& timers);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  void configure(const PoolSettings& settings);
  [[nodiscard]] PoolSettings settings() const;
  // Calls `granted` once: immediately on this thread, or later on another.
  void acquire(Granted granted);
  [[nodiscard]] std::size_t in_use() const;
  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::uint64_t timeouts() const;

 private:
  struct Waiter {
    std::uint64_t id;
    Granted granted;
  };

  void end_lease(TimePoint since);
  void give_back();
  void grant_waiting();
  void expire(std::uint64_t id);

  const Clock& clock_;
  Timers& timers_;
  mutable std::mutex mutex_;
  PoolSettings settings_;
  std::size_t in_use_ = 0;
  std::uint64_t next_id_ = 0;
  std::uint64_t timeouts_ = 0;
  std::deque<Waiter> waiters_;
};

}  // namespace gelombang::sandbox
