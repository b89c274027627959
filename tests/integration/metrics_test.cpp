// /metrics of a live run: well formed, complete from the start, and equal to the summary at the end.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <csignal>
#include <sstream>
#include <thread>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// The sum of the series of a metric whose labels contain all of `labels`.
double total(const std::string& metrics, const std::string& name, const std::vector<std::string>& labels) {
  std::istringstream lines(metrics);
  std::string line;
  double sum = 0;
  while (std::getline(lines, line)) {
    if (line.rfind(name + "{", 0) != 0 && line.rfind(name + " ", 0) != 0) continue;
    bool matches = true;
    for (const std::string& label : labels) matches = matches && line.find(label) != std::string::npos;
    if (matches) sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

}  // namespace

TEST_CASE("metrics: a run's /metrics passes promtool, and its last scrape equals the summary", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  const auto process = start_scenario(
      "login.lua",
      {"--target", sandbox.url(), "--rate", "20/s", "--duration", "3s", "--metrics-listen", listen, "--linger", "20s"},
      directory.file("s.json"));
  process->wait_for_output("scenario login");
  std::this_thread::sleep_for(500ms);
  const std::string first = http_get("http://" + listen + "/metrics");
  CHECK(first.find("gelombang_requests_total{journey=\"login\",step=\"dashboard\",result=\"failure\"} 0") !=
        std::string::npos);
  process->wait_for_output("waiting up to", 60s);
  const std::string last = http_get("http://" + listen + "/metrics");
  CHECK(process->wait(10s) == 0);

  ChildProcess promtool({"promtool", "check", "metrics"}, {{}, "", last});
  promtool.wait();
  // promtool's only finding, one for each series: the metric has the label "le" because it has the boundaries of a
  // histogram.
  std::istringstream findings(promtool.standard_output() + promtool.standard_error());
  for (std::string finding; std::getline(findings, finding);) {
    CHECK(finding == "gelombang_steps_under_way non-histogram metrics should not have \"le\" label");
  }

  const auto summary = boost::json::parse(read_file(directory.file("s.json")));
  const auto& arrivals = summary.at("arrivals");
  CHECK(total(last, "gelombang_iterations_started_total", {}) == number(arrivals.at("started")));
  CHECK(total(last, "gelombang_iterations_total", {"result=\"success\""}) == number(arrivals.at("completed")));
  for (const char* name : {"open login page", "log in", "dashboard"}) {
    const auto& step = step_of(summary, std::string("login/") + name);
    const std::string label = std::string("step=\"") + name + "\"";
    CHECK(total(last, "gelombang_response_time_seconds_count", {label, "result=\"success\""}) ==
          number(step.at("count")));
    CHECK(total(last, "gelombang_requests_total", {label, "result=\"success\""}) == number(step.at("count")));
  }
  CHECK(last.find("gelombang_run_info{") != std::string::npos);
  CHECK(last.find("gelombang_run_validity{state=\"valid\"} 1") != std::string::npos);
}

TEST_CASE("metrics: random URLs do not make new series", "[integration]") {
  TemporaryDirectory directory;
  const Sandbox sandbox;
  write_file(directory.file("urls.lua"), R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function()
  a(function() http.get("/no/such/" .. random(1000000), { expect = { 404 } }) end)
end } } }
)lua");
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  const auto process = start_scenario(
      directory.file("urls.lua"),
      {"--target", sandbox.url(), "--users", "4", "--iterations", "400", "--metrics-listen", listen, "--linger", "20s"},
      directory.file("s.json"));
  process->wait_for_output("scenario urls");
  const std::string early = http_get("http://" + listen + "/metrics");
  process->wait_for_output("waiting up to", 60s);
  const std::string late = http_get("http://" + listen + "/metrics");
  process->wait(10s);
  const auto lines = [](const std::string& text) {
    std::istringstream stream(text);
    std::string line;
    int count = 0;
    while (std::getline(stream, line)) count += line.rfind("gelombang_", 0) == 0;
    return count;
  };
  CHECK(lines(early) == lines(late));
  CHECK(late.find("/no/such") == std::string::npos);
}

TEST_CASE("metrics: a run that a signal ends waits for its last scrape, and a further signal ends that",
          "[integration]") {
  const bool impatient = GENERATE(false, true);
  TemporaryDirectory directory;
  const Sandbox sandbox;
  const std::string listen = "127.0.0.1:" + std::to_string(free_port());
  const auto process = start_scenario("login.lua",
                                      {"--target", sandbox.url(), "--rate", "5/s", "--duration", "10m",
                                       "--graceful-stop", "0s", "--metrics-listen", listen, "--linger", "60s"},
                                      directory.file("s.json"));
  process->wait_for_output("token in ");
  CHECK(http_get("http://" + listen + "/metrics").find("gelombang_run_verdict{verdict=\"under_way\"} 1\n") !=
        std::string::npos);
  process->signal(SIGINT);
  process->wait_for_output("waiting up to");
  if (impatient) {
    process->signal(SIGINT);
  } else {
    CHECK(http_get("http://" + listen + "/metrics").find("gelombang_run_verdict{verdict=\"stopped\"} 1\n") !=
          std::string::npos);
  }
  CHECK(process->wait(20s) == 105);
}
