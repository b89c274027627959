// The needs of a load, and which of them do not fit.
#include "engine/scenario/preflight.hpp"

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

LoadNeed need_of_scenario(const Scenario& scenario, const Load& load, Duration time_wait = 60s) {
  return need_of(scenario, load, 1, Segment{}, draw_arrivals(load, 1), time_wait);
}

LoadNeed need_of_rate(double rate, Duration length, Duration lasts, Duration time_wait = 60s) {
  return need_of_scenario(scenario_of(lasts, 2), constant_rate_load(Rate::per_second(rate), length, true), time_wait);
}

// The need of 10/s for ten minutes, with visits of 9 s and people with this behaviour.
LoadNeed need_of_people(const Behaviour& behaviour) {
  Scenario scenario = scenario_of(9s, 2);
  scenario.journeys.front().behaviour = behaviour;
  return need_of_scenario(scenario, constant_rate_load(Rate::per_second(10), 10min, true));
}

Behaviour three_tries(Duration gap) {
  Behaviour behaviour;
  behaviour.burst_least = behaviour.burst_most = 3;
  behaviour.gap = {gap, gap};
  return behaviour;
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
  CHECK(need.users == 991);  // 900, plus three times its square root, plus one
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
  CHECK(users_within(100) == 50);  // a low limit leaves half
  CHECK(users_within(1) == 1);
}

TEST_CASE("preflight: people who try again hold a virtual user between their tries") {
  // The first try fails at once, two more follow after a minute each, and then a pass: 129 s of 10/s.
  const LoadNeed need = need_of_people(three_tries(60s));
  CHECK(need.users == 120);
  CHECK(need.users_in_outage == 1399);
  CHECK(misfits(need, large(), 1399, false).empty());
  const auto lacking = misfits(need, large(), 1398, false);
  REQUIRE(lacking.size() == 1);
  CHECK(lacking[0].text.find("about 1399 users would be needed in an outage") == 0);
  CHECK_FALSE(lacking[0].certain);
}

TEST_CASE("preflight: pages that hang hold people for as long as their patience") {
  Behaviour behaviour = three_tries(1s);
  behaviour.patience = Spread{20, 20};
  behaviour.reload = 1;
  CHECK(need_of_people(behaviour).users_in_outage == 770);  // three times 20 s, and one pass
}

TEST_CASE("preflight: whoever would come back after the load holds nothing") {
  Behaviour behaviour;
  behaviour.pauses = {{1, {6h, 6h}}};
  CHECK(need_of_people(behaviour).users_in_outage == 120);
  behaviour.pauses = {{1, {5min, 5min}}};  // people of the first half keep their users until they come back
  CHECK(need_of_people(behaviour).users_in_outage > 3000);
}

TEST_CASE("preflight: without a behaviour an outage needs no more users") {
  const LoadNeed need = need_of_rate(10, 10min, 9s);
  CHECK(need.users_in_outage == need.users);
  Behaviour calm;
  calm.patience = Spread{10, 30};
  CHECK(need_of_people(calm).users_in_outage == need.users);
}

TEST_CASE("preflight: what is certain before arrivals are drawn is never more than what is drawn") {
  for (const double rate : {0.01, 3.0, 500.0}) {
    for (const bool uniform : {false, true}) {
      const Load load = constant_rate_load(Rate::per_second(rate), 100s, uniform);
      const PlannedArrivals least = arrivals_at_least(load);
      CHECK_FALSE(least.drawn);
      for (std::uint64_t seed = 1; seed <= 20; ++seed) CHECK(least.all <= draw_arrivals(load, seed).all);
    }
  }
}

TEST_CASE("preflight: segments share what is planned") {
  const PlannedArrivals planned{10, true};
  CHECK(planned.of({0, 3}) == 4);
  CHECK(planned.of({1, 3}) == 3);
  CHECK(planned.of({2, 3}) == 3);
  CHECK(PlannedArrivals{2, true}.of({2, 3}) == 0);
}

TEST_CASE("preflight: answers as long as what is kept of them are in the arithmetic") {
  const LoadNeed need = need_of_rate(100, 1min, 10s);
  HostLimits limits = large();
  limits.memory_bytes = need.memory_bytes + need.answer_bytes;
  CHECK(need.answer_bytes == need.users * 2 * HttpRequest{}.max_body);
  CHECK(misfits(need, limits, 10'000, false).empty());
  --limits.memory_bytes;
  const std::vector<Misfit> found = misfits(need, limits, 10'000, false);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].certain);
  CHECK(found[0].text.find("max_body") != std::string::npos);
}
