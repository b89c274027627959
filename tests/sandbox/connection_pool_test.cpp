#include "sandbox/connection_pool.hpp"

#include "tests/sandbox/fake_timers.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;
using sandbox::ConnectionPool;
using sandbox::PoolSettings;

namespace {

struct Fixture {
  test::FakeClock clock;
  test::FakeTimers timers{clock};
  ConnectionPool pool{clock, timers};
  std::vector<std::shared_ptr<ConnectionPool::Lease>> leases;
  std::vector<Duration> refused_after;

  void ask() {
    const TimePoint asked = clock.now();
    pool.acquire([this, asked](std::shared_ptr<ConnectionPool::Lease> lease) {
      if (lease) {
        leases.push_back(std::move(lease));
      } else {
        refused_after.push_back(clock.now() - asked);
      }
    });
  }
};

}  // namespace

TEST_CASE("connection pool: grants its size, then makes the next wait for one given back") {
  Fixture f;
  f.pool.configure({2, 0s, 5s});
  for (int i = 0; i < 3; ++i) f.ask();
  REQUIRE(f.leases.size() == 2);
  REQUIRE(f.pool.waiting() == 1);
  f.leases.erase(f.leases.begin());
  REQUIRE(f.leases.size() == 2);
  REQUIRE(f.pool.waiting() == 0);
  f.timers.advance(10s);
  REQUIRE(f.refused_after.empty());
}

TEST_CASE("connection pool: who waits longer than the timeout is refused at the timeout") {
  Fixture f;
  f.pool.configure({1, 0s, 3s});
  f.ask();
  f.ask();
  f.timers.advance(1s);
  f.ask();
  f.timers.advance(5s);
  REQUIRE(f.refused_after == std::vector<Duration>{3s, 3s});
  REQUIRE(f.pool.timeouts() == 2);
  f.leases.clear();
  REQUIRE(f.pool.in_use() == 0);
}

TEST_CASE("connection pool: a connection is held for the query time, so the pool serves size / time") {
  Fixture f;
  f.pool.configure({4, 100ms, 60s});
  int served = 0;
  const auto use = [&](std::shared_ptr<ConnectionPool::Lease>) { ++served; };
  for (int i = 0; i < 1000; ++i) f.pool.acquire(use);
  f.timers.advance(1s);
  // 4 at once, and then 4 every 100 ms: at 0 and at the ten multiples up to 1 s.
  REQUIRE(served == 44);
}

TEST_CASE("connection pool: a larger size lets those in who wait") {
  Fixture f;
  f.pool.configure({0, 0s, 5s});
  f.ask();
  REQUIRE(f.leases.empty());
  f.pool.configure({1, 0s, 5s});
  REQUIRE(f.leases.size() == 1);
}
