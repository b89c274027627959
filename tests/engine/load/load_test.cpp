#include "engine/load/load.hpp"
#include "engine/scenario/run_plan.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("segment: i/n is read, counted from one") {
  const auto segment = parse_segment("2/8");
  REQUIRE(segment.has_value());
  CHECK(segment.value().index == 1);
  CHECK(segment.value().count == 8);
  CHECK(parse_segment("1/1").value().index == 0);
  CHECK(parse_segment("1000/1000").value().index == 999);
}

TEST_CASE("segment: everything else is refused, with an example") {
  for (const char* text : {"", "/", "1", "1/", "/2", "0/2", "3/2", "1/0", "0/0", "1/1001", "-1/2", "+1/2", " 1/2",
                           "1/2 ", "1 /2", "1/2/3", "1.0/2", "a/b", "99999999999999999999/99999999999999999999"}) {
    const auto segment = parse_segment(text);
    INFO(text);
    REQUIRE(segment.has_error());
    CHECK(segment.error().message ==
          "'" + std::string(text) + "' is not a segment: expected i/n with 1 <= i <= n <= 1000, such as 2/8");
  }
}

TEST_CASE("load: open loads end with their shape, closed ones with their time") {
  const Load rate = constant_rate_load(Rate::per_second(5), 20s, true);
  CHECK(rate.open());
  CHECK(rate.length() == 20s);
  CHECK(rate.intensity.total() == 100);
  CHECK(rate.uniform);
  const Load users = constant_users_load(200, 5min);
  CHECK_FALSE(users.open());
  CHECK(users.length() == 5min);
  const Load passes = iterations_load(3, 100, 10min);
  CHECK_FALSE(passes.open());
  CHECK(passes.length() == 10min);
  CHECK(name(passes.kind) == "iterations");
}

TEST_CASE("load: scaling multiplies rates, users and iterations, never the time") {
  const Load rate = scaled(constant_rate_load(Rate::per_second(500), 20s, false), 0.001);
  CHECK(rate.intensity.total() == Approx(10));
  CHECK(rate.length() == 20s);
  const Load users = scaled(constant_users_load(200, 5min), 0.5);
  CHECK(users.users == 100);
  CHECK(users.length() == 5min);
  const Load passes = scaled(iterations_load(10, 1000, 10min), 2.5);
  CHECK(passes.users == 25);
  CHECK(passes.iterations == 2500);
  CHECK(scaled(constant_users_load(7, 1s), 1).users == 7);
}

TEST_CASE("load: scaled down, somebody remains, and scaled up, a count stays one") {
  CHECK(scaled(constant_users_load(200, 1s), 1e-6).users == 1);
  const Load passes = scaled(iterations_load(10, 1000, 1s), 1e-6);
  CHECK(passes.users == 1);
  CHECK(passes.iterations == 1);
  CHECK(scaled(constant_users_load(9'000'000'000'000'000, 1s), 1e6).users == 1'000'000'000'000'000);
}
