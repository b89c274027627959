#include "sandbox/sessions.hpp"

#include "sandbox/password.hpp"
#include "sandbox/rate_limit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <set>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace std::chrono_literals;

TEST_CASE("sessions: a token names its account until it ends, expires or is lost") {
  test::FakeClock clock;
  Sessions sessions(clock, 100);
  const std::string token = sessions.create(7, 10s);
  REQUIRE(token.size() == 43);
  REQUIRE(sessions.account_of(token) == 7);
  REQUIRE_FALSE(sessions.account_of("").has_value());
  REQUIRE_FALSE(sessions.account_of(token + "x").has_value());
  const std::string other = sessions.create(8, 10s);
  sessions.end(other);
  REQUIRE_FALSE(sessions.account_of(other).has_value());
  clock.advance(10s - 1ns);
  REQUIRE(sessions.account_of(token) == 7);
  clock.advance(1ns);
  REQUIRE_FALSE(sessions.account_of(token).has_value());
  const std::string third = sessions.create(9, 10s);
  sessions.lose_all();
  REQUIRE_FALSE(sessions.account_of(third).has_value());
  REQUIRE(sessions.size() == 0);
}

TEST_CASE("sessions: a full table lets the oldest go") {
  test::FakeClock clock;
  Sessions sessions(clock, 3);
  std::vector<std::string> tokens;
  for (int i = 0; i < 5; ++i) tokens.push_back(sessions.create(i, 1h));
  REQUIRE(sessions.size() == 3);
  REQUIRE_FALSE(sessions.account_of(tokens[1]).has_value());
  REQUIRE(sessions.account_of(tokens[2]) == 2);
  REQUIRE(std::set<std::string>(tokens.begin(), tokens.end()).size() == 5);
}

TEST_CASE("password: a hash verifies its password alone, and tells its cost") {
  const HashCost low = hash_cost_named("low").value();
  const std::string hash = hash_password(Secret("rahasia1"), low);
  REQUIRE(verify_password(hash, Secret("rahasia1")));
  REQUIRE_FALSE(verify_password(hash, Secret("rahasia2")));
  REQUIRE_FALSE(verify_password("", Secret("rahasia1")));
  REQUIRE_FALSE(needs_rehash(hash, low));
  REQUIRE(needs_rehash(hash, HashCost{2, low.memory_bytes}));
  REQUIRE_FALSE(hash_cost_named("medium").has_value());
}

TEST_CASE("password: without a stored hash only the expected password passes") {
  const HashCost low = hash_cost_named("low").value();
  const Secret expected("rahasia1");
  REQUIRE(verify_without_hash(Secret("rahasia1"), &expected, low));
  REQUIRE_FALSE(verify_without_hash(Secret("rahasia"), &expected, low));
  REQUIRE_FALSE(verify_without_hash(Secret("rahasia2"), &expected, low));
  REQUIRE_FALSE(verify_without_hash(Secret("rahasia1"), nullptr, low));
}

TEST_CASE("token bucket: a burst at once, then its rate, and says how long to wait") {
  TokenBucket bucket(2.0, 3.0);
  TimePoint now{1s};
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(bucket.take(now).has_value());
  REQUIRE(bucket.take(now) == Duration{500ms});
  REQUIRE_FALSE(bucket.take(now + 500ms).has_value());
  REQUIRE(bucket.take(now + 500ms).has_value());
  now += 1h;
  int granted = 0;
  while (!bucket.take(now)) ++granted;
  REQUIRE(granted == 3);
  TokenBucket unlimited(0, 1);
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(unlimited.take(now).has_value());
}

TEST_CASE("keyed limit: each key has its own bucket, and no rate means no limit") {
  test::FakeClock clock;
  KeyedLimit limit(clock);
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(limit.take("a").has_value());
  limit.configure(1, 1);
  REQUIRE_FALSE(limit.take("a").has_value());
  REQUIRE(limit.take("a").has_value());
  REQUIRE_FALSE(limit.take("b").has_value());
}

TEST_CASE("window limit: so many in a window, then a wait to its end") {
  test::FakeClock clock;
  WindowLimit limit(clock, 5, 2h);
  for (int i = 0; i < 5; ++i) {
    REQUIRE_FALSE(limit.blocked("x").has_value());
    limit.record("x");
    clock.advance(1min);
  }
  REQUIRE(limit.blocked("x") == Duration{2h - 5min});
  REQUIRE_FALSE(limit.blocked("y").has_value());
  clock.advance(2h - 5min);
  REQUIRE_FALSE(limit.blocked("x").has_value());
  for (int i = 0; i < 5; ++i) limit.record("x");
  REQUIRE(limit.blocked("x").has_value());
  limit.forget("x");
  REQUIRE_FALSE(limit.blocked("x").has_value());
}
