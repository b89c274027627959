// Both clocks and the schedule, with a server that freezes and with a worker that stalls.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// Every arrival is a new user with a new connection. Without the sleep a closed load would use up all local ports in
// ten seconds, and the tests that follow would have none.
const std::string kGet = R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function()
  a(function() http.get("/api/waves/current") end)
  sleep(0.01)
end } } }
)lua";

// Plays `load` and freezes the sandbox for two seconds in the middle.
RunResult play_with_freeze(const TemporaryDirectory& directory, const std::vector<std::string>& load,
                           std::chrono::seconds until) {
  const Sandbox sandbox;
  write_file(directory.file("get.lua"), kGet);
  std::vector<std::string> arguments{"--target", sandbox.url(), "--seed", "9"};
  arguments.insert(arguments.end(), load.begin(), load.end());
  const auto process = start_scenario(directory.file("get.lua"), arguments, directory.file("s.json"));
  process->wait_for_output("scenario get");
  std::this_thread::sleep_for(until);
  sandbox.operate("freeze", R"({"ms": 2000})");
  RunResult result;
  result.exit_code = process->wait(120s);
  result.out = process->standard_output();
  result.summary = boost::json::parse(read_file(directory.file("s.json")));
  return result;
}

}  // namespace

TEST_CASE("honesty: a frozen server shows alike in both clocks of an open load, and not as our lag",
          "[integration][slow][alone][statistics]") {
  TemporaryDirectory directory;
  const RunResult run = play_with_freeze(directory, {"--rate", "200/s", "--duration", "10s"}, 4s);
  INFO(run.out);
  const auto& step = step_of(run.summary, "j/a");
  const double response = number(step.at("response_time_seconds").at("p99"));
  const double service = number(step.at("service_time_seconds").at("p99"));
  // A busy machine delays us, which is the lag, and wakes the server as late.
  const double late = number(run.summary.at("schedule_lag_seconds").at("p99"));
  const double latest = number(run.summary.at("schedule_lag_seconds").at("max"));
  // If arrivals waited for responses, they would be as late as the responses.
  CHECK(late < 0.25);
  // 400 of 2,000 requests arrive during the freeze and wait evenly 0 to 2 s: the 20th worst of them waits 1.9 s.
  // Nothing makes that time shorter.
  CHECK(response > 1.75);
  CHECK(response < 2.05 + 2 * late);
  CHECK(service > response - 0.05 - late);
  CHECK(service < response + 0.05);
  const double longest = number(step.at("response_time_seconds").at("max"));
  CHECK(longest > 1.9);
  CHECK(longest < 2.1 + 2 * latest);
  CHECK(run.summary.at("arrivals").at("started").as_int64() == run.summary.at("arrivals").at("planned").as_int64());
}

TEST_CASE("honesty: a closed load hides the same freeze, which is why the docs advise open ones",
          "[integration][slow][alone][statistics]") {
  TemporaryDirectory directory;
  const RunResult run = play_with_freeze(directory, {"--users", "4", "--duration", "10s"}, 4s);
  INFO(run.out);
  const auto& step = step_of(run.summary, "j/a");
  CHECK(step.at("count").as_int64() > 1000);
  CHECK(number(step.at("response_time_seconds").at("max")) == Approx(2.0).margin(0.1));
  CHECK(number(step.at("response_time_seconds").at("p99")) < 0.1);
}

TEST_CASE("honesty: a stalled worker shows in response time and lag, hardly in service time, and costs validity",
          "[integration][slow][alone][statistics]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  // The script itself blocks the worker's thread for two seconds, once.
  write_file(directory.file("stall.lua"), R"lua(
local a = step "a"
local stalled = { done = false }
local begin = os.time()
return scenario { journeys = { j = { run = function()
  if not stalled.done and os.time() - begin >= 3 then
    stalled.done = true
    local until_clock = os.clock() + 2
    while os.clock() < until_clock do end
  end
  a(function() http.get("/api/waves/current") end)
end } } }
)lua");
  const RunResult run =
      run_scenario(directory.file("stall.lua"), {"--target", sandbox.url(), "--rate", "100/s", "--duration", "12s",
                                                 "--threads", "1", "--threshold", "a: response_time p99 < 5s"});
  INFO(run.out);
  const auto& step = step_of(run.summary, "j/a");
  CHECK(number(step.at("response_time_seconds").at("p99")) > 1.2);
  CHECK(number(step.at("service_time_seconds").at("p99")) < 0.5);
  CHECK(number(run.summary.at("schedule_lag_seconds").at("p99")) > 1.2);
  CHECK(run.summary.at("validity").at("state").as_string() != "valid");
  const auto& arrivals = run.summary.at("arrivals");
  // Two seconds of CPU can take a minute on a busy machine. Then the run ends before the backlog is gone.
  CHECK(arrivals.at("started").as_int64() + arrivals.at("dropped").at("generator_stall").as_int64() ==
        arrivals.at("planned").as_int64());
}

TEST_CASE("honesty: what is left of a backlog when the run has to end is counted as ours, not forgotten",
          "[integration][slow][alone][statistics]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  // The worker stalls at its 300th arrival for longer than the load lasts.
  write_file(directory.file("stall.lua"), R"lua(
local a = step "a"
local passes = { begun = 0 }
return scenario { journeys = { j = { run = function()
  passes.begun = passes.begun + 1
  if passes.begun == 300 then
    local until_clock = os.clock() + 2
    while os.clock() < until_clock do end
  end
  a(function() http.get("/api/waves/current") end)
end } } }
)lua");
  const RunResult run = run_scenario(
      directory.file("stall.lua"),
      {"--target", sandbox.url(), "--rate", "100/s", "--duration", "4s", "--threads", "1", "--graceful-stop", "500ms"});
  INFO(run.out);
  const auto& arrivals = run.summary.at("arrivals");
  CHECK(arrivals.at("dropped").at("generator_stall").as_int64() > 30);
  CHECK(arrivals.at("started").as_int64() + arrivals.at("dropped").at("generator_stall").as_int64() ==
        arrivals.at("planned").as_int64());
  CHECK(run.exit_code == 111);
  CHECK(number(run.summary.at("generator").at("longest_stall_seconds")) > 1.5);
}

TEST_CASE("honesty: a set-up that takes longer than the first arrivals makes no storm", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  write_file(directory.file("slow.lua"), R"lua(
local a = step "a"
local until_clock = os.clock() + 0.7
while os.clock() < until_clock do end
return scenario { journeys = { j = { run = function() a(function() http.get("/api/waves/current") end) end } } }
)lua");
  const RunResult run =
      run_scenario(directory.file("slow.lua"), {"--target", sandbox.url(), "--rate", "100/s", "--duration", "2s"});
  INFO(run.out);
  CHECK(number(run.summary.at("schedule_lag_seconds").at("p99")) < 0.1);
  CHECK(run.summary.at("arrivals").at("started").as_int64() == run.summary.at("arrivals").at("planned").as_int64());
}
