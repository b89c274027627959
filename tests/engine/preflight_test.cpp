// What a load needs, and what of it does not fit.
#include "engine/preflight.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

Scenario scenario_of(Duration lasts, int steps) {
  Scenario scenario;
  Journey journey;
  journey.name = "j";
  journey.lasts = lasts;
  scenario.journeys.push_back(journey);
  scenario.catalog.journeys = {"j"};
  for (int i = 0; i < steps; ++i) scenario.catalog.steps.push_back({0, "step " + std::to_string(i)});
  return scenario;
}

LoadNeed need_of_rate(double rate, Duration length, Duration lasts, Duration time_wait = 60s) {
  return need_of(scenario_of(lasts, 2), constant_rate_load(Rate::per_second(rate), length, true), 1, Segment{},
                 time_wait);
}

HostLimits large() { return {1'000'000, 28'000, std::uint64_t{64} << 30, 8, 60s}; }

std::vector<std::string> certain(const LoadNeed& need, const HostLimits& limits, std::uint64_t users = 1'000'000) {
  std::vector<std::string> lines;
  for (const Misfit& misfit : misfits(need, limits, users, false)) {
    if (misfit.certain) lines.push_back(misfit.text);
  }
  return lines;
}

}  // namespace

TEST_CASE("preflight: users by Little's law, ports for as long as they are kept, CPU by the steps") {
  const LoadNeed need = need_of_rate(100, 10min, 9s);
  CHECK(need.users == 991);  // 900, three times its root, and one
  CHECK(need.ports == 6900);
  CHECK(need.cores == Approx(0.01));
  CHECK_FALSE(need.length_assumed);
  CHECK(need_of_rate(100, 10min, 9s, 1s).ports == 1000);
}

TEST_CASE("preflight: a short load needs no more of anything than it has arrivals") {
  const LoadNeed need = need_of_rate(1000, 3s, 10s);
  CHECK(need.users == 3000);
  CHECK(need.ports == 3000);
  CHECK(misfits(need, large(), 3000, false).empty());
}

TEST_CASE("preflight: what cannot fit is one line for each thing") {
  const LoadNeed need = need_of_rate(10'000, 10min, 10s);
  HostLimits limits = large();
  limits.descriptors = 1024;
  limits.memory_bytes = 1 << 30;
  limits.cores = 0;
  const auto lines = certain(need, limits, 800);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "about 100950 users are needed at the peak, 800 are allowed: arrivals will be dropped");
  CHECK(lines[1] == "about 101206 file descriptors are needed, 1024 are allowed (ulimit -n)");
  CHECK(lines[2] == "about 700000 local ports are needed, 28000 exist (net.ipv4.ip_local_port_range)");
  CHECK(lines[3] == "about 15.4 GiB of memory are needed, 1.00 GiB are available");
  CHECK(lines[4] == "at least 1.0 cores are needed, 0 may be used");
  CHECK(certain(need_of_rate(100, 10min, 10s), large()).empty());
}

TEST_CASE("preflight: an assumed length of a pass only makes it doubtful, unless no length would fit") {
  HostLimits limits = large();
  limits.descriptors = 1024;
  const LoadNeed assumed = need_of_rate(200, 10min, 0s);
  CHECK(assumed.length_assumed);
  CHECK(misfits(assumed, limits, 10'000, false).size() == 1);
  CHECK(certain(assumed, limits).empty());
  CHECK(certain(need_of_rate(500, 10min, 0s), limits).size() == 1);  // 30,000 ports in TIME_WAIT alone
  CHECK(misfits(need_of_rate(500, 10min, 0s, 1s), large(), 10'000, false).empty());
}

TEST_CASE("preflight: users that somebody chose to be few are a warning, not a refusal") {
  const LoadNeed need = need_of_rate(100, 1min, 10s);
  CHECK(misfits(need, large(), 10, true).size() == 1);
  CHECK_FALSE(misfits(need, large(), 10, true)[0].certain);
  CHECK(misfits(need, large(), 10, false)[0].certain);
}

TEST_CASE("preflight: descriptors carry as many users as there are beside our own") {
  CHECK(users_within(1024) == 768);
  CHECK(users_within(100) == 50);  // a limit that is low leaves half
  CHECK(users_within(1) == 1);
}
