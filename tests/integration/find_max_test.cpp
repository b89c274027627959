// Searches the highest rate of a sandbox whose pool has a known capacity.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <csignal>
#include <string>
#include <thread>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kLogin = R"(
local log_in = step "log in"
return scenario {
  people = feed.people { first = 0, count = 10000 },
  journeys = { login = { lasts = "1s", run = function(person)
    log_in(function()
      http.post("/api/sessions", { json = { email = person.email, password = person.password }, expect = { 200 } })
    end)
  end } },
  loads = { smoke = constant_rate { rate = "2/s", duration = "20s" }, crowd = constant_users { users = 2, duration = "5s" } },
}
)";

// A search with its own directory.
class Search {
 public:
  Search() { write_file(scenario(), kLogin); }

  [[nodiscard]] std::vector<std::string> arguments(std::vector<std::string> further) const {
    std::vector<std::string> all{"find-max",  scenario(), "--metrics-listen", "off",
                                 "--history", history(),  "--json",           directory_.file("result.json")};
    all.insert(all.end(), further.begin(), further.end());
    return all;
  }
  [[nodiscard]] std::string scenario() const { return directory_.file("login_only.lua"); }
  [[nodiscard]] std::string history() const { return directory_.file("history.sqlite"); }
  [[nodiscard]] boost::json::value result() const {
    return boost::json::parse(read_file(directory_.file("result.json")));
  }

 private:
  TemporaryDirectory directory_;
};

std::vector<std::string> quickly(const std::string& target, std::vector<std::string> further) {
  std::vector<std::string> all{"--target", target,        "--probe", "2s",     "--warm-up",
                               "0s",       "--cool-down", "100ms",   "--seed", "1"};
  all.insert(all.end(), further.begin(), further.end());
  return all;
}

}  // namespace

TEST_CASE("find-max: the answer is within 10 % of what the pool and the time of a query allow",
          "[integration][alone][statistics]") {
  const Sandbox sandbox;
  // Twenty connections, and each login holds one for 100 ms: 200 logins a second. A login that waits for 200 ms is
  // refused.
  sandbox.operate("faults", R"({"pool.size": 20, "pool.query_ms": 100, "pool.timeout_ms": 200})");
  const double capacity = 200;
  Search search;
  const RunResult run = run_program(search.arguments({"--target",    sandbox.url(),
                                                      "--slo",       "all: error_rate < 2%",
                                                      "--slo",       "log in: response_time p95 < 1s",
                                                      "--min-rate",  "128/s",
                                                      "--max-rate",  "1000/s",
                                                      "--probe",     "7s",
                                                      "--warm-up",   "1s",
                                                      "--cool-down", "500ms",
                                                      "--precision", "10%",
                                                      "--seed",      "1"}),
                                    180s);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  const auto result = search.result();
  const double held = number(result.at("held_rate"));
  const double broken = number(result.at("broken_rate"));
  CHECK(held == Approx(capacity).epsilon(0.1));
  CHECK(broken > held);
  CHECK(broken / held < 1.11);
  CHECK(number(result.at("interval_95").at("low")) < capacity * 1.1);
  CHECK(number(result.at("interval_95").at("high")) > capacity * 0.9);
  CHECK(run.out.find("Broken: all: error_rate < 2% (mostly http_503)") != std::string::npos);

  // Every probe is a run whose id starts with the search's id. The history lists and reports each probe.
  const std::string id(result.at("search").as_string());
  const RunResult list = run_program({"history", "list", "--history", search.history()});
  for (const auto& probe : result.at("probes").as_array()) {
    const std::string name(probe.at("run").as_string());
    CHECK(name.starts_with(id + "-p"));
    CHECK(list.out.find(name) != std::string::npos);
  }
  const RunResult report = run_program({"report", id + "-p02", "--format", "json", "--history", search.history()});
  REQUIRE(report.exit_code == 0);
  CHECK(report.out.find("\"search\": \"" + id + "\"") != std::string::npos);
  CHECK(report.out.find("the objective is broken: all: error_rate < 2%") != std::string::npos);
}

TEST_CASE("find-max: an objective that fails at the lowest rate or never fails is one clear line", "[integration]") {
  const Sandbox sandbox;
  Search search;
  const RunResult never = run_program(search.arguments(quickly(
      sandbox.url(), {"--slo", "all: error_rate < 50%", "--min-rate", "20/s", "--max-rate", "30/s", "--repeat", "1"})));
  CHECK(never.exit_code == 113);
  CHECK(never.err.ends_with("gelombang: exit 113: no objective fails up to --max-rate, 30.0/s: raise it\n"));
  CHECK(search.result().at("end") == "never_fails");

  // One login a second. A login that does not get the connection within 100 ms is refused.
  sandbox.operate("faults", R"({"pool.size": 1, "pool.query_ms": 1000, "pool.timeout_ms": 100})");
  const RunResult fails = run_program(search.arguments(
      quickly(sandbox.url(), {"--slo", "all: error_rate < 50%", "--min-rate", "20/s", "--max-rate", "40/s"})));
  INFO(fails.out << fails.err);
  CHECK(fails.exit_code == 99);
  CHECK(
      fails.err.ends_with("gelombang: exit 99: all: error_rate < 50% (mostly http_503) fails already at the lowest "
                          "rate, 20.0/s: lower --min-rate\n"));
  CHECK(search.result().at("end") == "fails_at_lowest");
}

TEST_CASE("find-max: a target that answers nothing is left alone at once", "[integration]") {
  const Sandbox sandbox;
  sandbox.operate("faults", R"({"pool.size": 1, "pool.query_ms": 20000, "pool.timeout_ms": 20000})");
  Search search;
  const RunResult run =
      run_program(search.arguments({"--target", sandbox.url(), "--slo", "all: error_rate < 1%", "--min-rate", "20/s",
                                    "--max-rate", "40/s", "--probe", "1m", "--cool-down", "0s", "--seed", "1"}));
  INFO(run.out << run.err);
  CHECK(run.exit_code == 99);
  const auto result = search.result();
  REQUIRE(result.at("probes").as_array().size() == 1);
  CHECK(number(result.at("probes").at(0).at("took_seconds")) < 20);
  CHECK(result.at("probes").at(0).at("verdict") == "collapsed");
}

TEST_CASE("find-max: a signal stops the probe and shows what is known", "[integration][alone]") {
  const Sandbox sandbox;
  Search search;
  std::vector<std::string> argv = search.arguments(
      quickly(sandbox.url(), {"--slo", "all: error_rate < 50%", "--min-rate", "5/s", "--max-rate", "500/s"}));
  argv.insert(argv.begin(), std::string(GELOMBANG_BINARY_DIR) + "/gelombang");
  ChildProcess process(argv);
  process.wait_for_output("probe  2", 30s);
  process.signal(SIGINT);
  CHECK(process.wait(20s) == 105);
  INFO(process.standard_output() << process.standard_error());
  CHECK(process.standard_output().find("No answer: stopped by a signal; until then: held ") != std::string::npos);
  const auto result = search.result();
  CHECK(result.at("exit_code") == 105);
  CHECK(number(result.at("held_rate")) >= 10);
}

TEST_CASE("find-max: a second signal cuts off what is under way", "[integration][alone]") {
  const Sandbox sandbox;
  sandbox.operate("faults", R"({"pool.size": 1, "pool.query_ms": 60000, "pool.timeout_ms": 60000})");
  Search search;
  std::vector<std::string> argv =
      search.arguments({"--target", sandbox.url(), "--slo", "all: error_rate < 50%", "--min-rate", "4/s", "--probe",
                        "1m", "--graceful-stop", "1m", "--seed", "1"});
  argv.insert(argv.begin(), std::string(GELOMBANG_BINARY_DIR) + "/gelombang");
  ChildProcess process(argv);
  const auto waiting = [&] {
    return number(boost::json::parse(http_get(sandbox.url() + "/_sandbox/state")).at("pool").at("waiting"));
  };
  process.wait_for_output("probes of", 30s);
  while (waiting() == 0) std::this_thread::sleep_for(20ms);
  process.signal(SIGINT);
  process.wait_for_output("once more to stop now", 20s);
  process.signal(SIGINT);
  CHECK(process.wait(20s) == 105);
  CHECK(search.result().at("probes").as_array().size() == 1);
}

TEST_CASE("find-max: a script that does not come back ends at the second signal", "[integration]") {
  const Sandbox sandbox;
  Search search;
  write_file(search.scenario(), R"(
local page = step "page"
return scenario { journeys = { j = { lasts = "1s", run = function()
  page(function() http.get "/api/waves/current" end)
  log "from here on"
  while true do end
end } } }
)");
  std::vector<std::string> argv =
      search.arguments({"--target", sandbox.url(), "--slo", "all: error_rate < 50%", "--min-rate", "4/s", "--probe",
                        "1m", "--seed", "1", "--threads", "1"});
  argv.insert(argv.begin(), std::string(GELOMBANG_BINARY_DIR) + "/gelombang");
  ChildProcess process(argv);
  process.wait_for_output("from here on", 30s);
  process.signal(SIGTERM);
  process.wait_for_output("once more to stop now", 20s);
  process.signal(SIGTERM);
  CHECK(process.wait(30s) == 107);
  INFO(process.standard_output() << process.standard_error());
  CHECK(process.standard_error().find("a script does not return") != std::string::npos);
  CHECK(search.result().at("probes").as_array().size() == 1);
}

TEST_CASE("find-max: a signal in a pause ends the search there", "[integration][alone]") {
  const Sandbox sandbox;
  Search search;
  std::vector<std::string> argv =
      search.arguments({"--target", sandbox.url(), "--slo", "all: error_rate < 50%", "--min-rate", "10/s", "--probe",
                        "2s", "--warm-up", "0s", "--cool-down", "10m", "--seed", "1"});
  argv.insert(argv.begin(), std::string(GELOMBANG_BINARY_DIR) + "/gelombang");
  ChildProcess process(argv);
  process.wait_for_output("probe  1", 30s);
  process.signal(SIGTERM);
  CHECK(process.wait(20s) == 105);
  CHECK(process.standard_error().ends_with("exit 105: stopped by a signal; until then: held 10.0/s\n"));
}

TEST_CASE("find-max: what cannot be searched is refused in one line, with nothing sent", "[integration]") {
  const Sandbox sandbox;
  Search search;
  const auto refused = [&](std::vector<std::string> further, int code, const std::string& line) {
    const RunResult run = run_program(search.arguments(std::move(further)));
    CHECK(run.exit_code == code);
    CHECK(run.err == "gelombang: " + line + "\n");
    CHECK(run.out.empty());
  };
  const std::string& url = sandbox.url();
  const std::string slo = "all: error_rate < 1%";
  refused({"--target", url}, 104, "--slo is required");
  refused({"--target", url, "--slo", "log in: response_time p95 << 5"}, 104,
          "--slo: threshold 'log in: response_time p95 << 5': '<<' is not understood: expected <, <=, >, >=, == or !=");
  refused({"--target", url, "--slo", "lgo in: error_rate < 1%"}, 104,
          "--slo: threshold 'lgo in: error_rate < 1%': no step is called 'lgo in': expected 'all' or one of 'login/log "
          "in'");
  refused({"--slo", slo}, 104, "--target is missing: the base URL to play against, such as http://127.0.0.1:8080");
  refused({"--target", url, "--slo", slo, "--min-rate", "5/s", "--max-rate", "2/s"}, 104,
          "--min-rate 5/s is above --max-rate 2/s");
  refused({"--target", url, "--slo", slo, "--min-rate", "0/s"}, 104, "--min-rate is 0: expected more");
  refused({"--target", url, "--slo", slo, "--repeat", "2"}, 104,
          "--repeat 2: expected an odd number up to 99: the majority decides");
  refused({"--target", url, "--slo", slo, "--precision", "5"}, 104, "--precision '5': expected 0.1% to 100%");
  refused({"--target", url, "--slo", slo, "--probe", "1s"}, 104, "--probe 1s: expected at least 2.00 s");
  refused({"--target", "http://192.0.2.1", "--slo", slo}, 112,
          "192.0.2.1 is at 192.0.2.1, a documentation address (192.0.2.0/24): never a target");
  std::string closed = kLogin;
  closed.erase(closed.find("smoke ="), closed.find("crowd =") - closed.find("smoke ="));
  write_file(search.scenario(), closed);
  refused({"--target", url, "--slo", slo}, 104,
          search.scenario() +
              ": its loads are all closed, with users who start again when they are done: there is no rate of arrivals "
              "to raise");
  CHECK(sandbox.counts().at("requests").as_object().empty());
}

TEST_CASE("find-max: a file that cannot be written is said before the target is asked for anything", "[integration]") {
  const Search search;
  const RunResult run = run_program({"find-max", search.scenario(), "--target", "http://127.0.0.1:1", "--slo",
                                     "all: error_rate < 1%", "--metrics-listen", "off", "--json", "/nowhere/at/all"});
  CHECK(run.exit_code == 104);
  CHECK(run.err.find("--json") != std::string::npos);
}
