// Compares real runs through the program.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace gelombang::test;
using Catch::Contains;

namespace {

const std::string kLogin = in_haste("login.lua");

struct History {
  [[nodiscard]] std::string file() const { return directory.file("history.sqlite"); }
  // Returns the new run's id.
  std::string play(const Sandbox& sandbox, const std::vector<std::string>& load) const {
    std::vector<std::string> arguments{"--target", sandbox.url(), "--history", file()};
    arguments.insert(arguments.end(), load.begin(), load.end());
    const RunResult run = run_scenario(kLogin, arguments);
    INFO(run.err);
    REQUIRE(run.summary.is_object());
    return std::string(run.summary.at("run").at("id").as_string());
  }
  [[nodiscard]] RunResult compare(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "compare");
    arguments.insert(arguments.end(), {"--history", file()});
    return run_program(arguments);
  }

  TemporaryDirectory directory;
};

// stderr has one line, and stdout is empty.
void check_refused(const RunResult& result, int code, const std::string& part) {
  INFO(result.err);
  CHECK(result.exit_code == code);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Contains(part));
  CHECK(result.err.find('\n') == result.err.size() - 1);
}

}  // namespace

// --anyway: a run may be invalid on a busy machine, and validity is not what this test checks.
TEST_CASE("compare: a slower portal is found, and fails a condition", "[integration][statistics]") {
  const History history;
  const Sandbox sandbox;
  const std::vector<std::string> load{"--rate", "8/s", "--duration", "6s", "--seed", "7"};
  const std::string before = history.play(sandbox, load);
  const std::string again = history.play(sandbox, load);
  sandbox.operate("faults", R"({"hash.memory_kib": 32768})");
  const std::string after = history.play(sandbox, load);

  const std::string condition = "log in: response_time p50 +5ms";
  const RunResult equal = history.compare({before, again, "--fail-if", condition, "--anyway"});
  INFO(equal.out << equal.err);
  CHECK(equal.exit_code == 0);
  CHECK_THAT(equal.out, !Contains("FAIL"));

  const RunResult slower = history.compare({before, after, "--fail-if", condition, "--anyway"});
  INFO(slower.out << slower.err);
  CHECK(slower.exit_code == 99);
  CHECK_THAT(slower.out, Catch::StartsWith("WORSE: login/log in response p50 +"));
  CHECK_THAT(slower.out, Contains("mean response +") && Contains("wait +"));
  CHECK_THAT(slower.err, Contains("--fail-if '" + condition + "' applies: +"));

  const std::string out = history.directory.file("comparison.json");
  const RunResult json = history.compare(
      {before, after, "--fail-if", "all: error_rate +50%", "--anyway", "--format", "json", "--out", out});
  CHECK(json.exit_code == 0);
  CHECK(json.out.empty());
  const auto document = boost::json::parse(read_file(out));
  CHECK(document.at("verdict") == "worse");
  CHECK(document.at("after").at("id").as_string() == after.c_str());
  CHECK_THAT(history.compare({before, after, "--anyway", "--format", "md"}).out,
             Catch::StartsWith("### WORSE: login/log in response p50 +"));
}

TEST_CASE("compare: a run that was killed is compared as far as it came", "[integration]") {
  const History history;
  const Sandbox sandbox;
  const std::vector<std::string> load{"--rate", "20/s", "--duration", "8s", "--seed", "7"};
  const std::string whole = history.play(sandbox, load);
  std::vector<std::string> arguments{"--target", sandbox.url(), "--history", history.file()};
  arguments.insert(arguments.end(), load.begin(), load.end());
  const auto killed = start_scenario(kLogin, arguments, history.directory.file("never.json"));
  killed->wait_for_output("scenario ");
  std::this_thread::sleep_for(std::chrono::seconds(4));
  const RunResult meanwhile = history.compare({whole, "last", "--anyway"});
  killed->signal(SIGKILL);
  killed->wait();
  CHECK_THAT(meanwhile.out, Contains("is still under way"));
  // Moves the start back, so that the last write is long enough ago for the run to count as cut off.
  ChildProcess({"sqlite3", history.file(), "UPDATE run SET started_at = started_at - 60"}).wait();
  const RunResult both = history.compare({whole, "last", "--anyway"});
  INFO(both.out << both.err);
  CHECK(both.exit_code == 0);
  CHECK_THAT(both.out, Contains("was cut off after") && Contains("only the first") && Contains("login/log in"));
}

TEST_CASE("compare: what cannot be compared is one line, and writes nothing", "[integration]") {
  const History history;
  check_refused(history.compare({"a", "b"}), 104, "there is no history yet");
  const Sandbox sandbox;
  const std::string one = history.play(sandbox, {"--users", "1", "--iterations", "1"});
  const std::string other = history.play(sandbox, {"--users", "1", "--iterations", "2"});
  check_refused(history.compare({one, "2019"}), 104, "no run '2019'");
  check_refused(history.compare({one, one}), 104, "are the same run");
  check_refused(history.compare({"last", "last"}), 104, "are the same run");
  check_refused(history.compare({one, other}), 104, "are unlike: ");
  check_refused(history.compare({one}), 104, "AFTER is required");
  check_refused(history.compare({one, other, "--fail-if", "log in response_time"}), 104, "there is no ':'");
  check_refused(history.compare({one, other, "--anyway", "--fail-if", "log out: error_rate +1%"}), 104,
                "no step is called 'log out'");
  check_refused(history.compare({one, other, "--confidence", "100%"}), 104, "--confidence 100%: expected");
  check_refused(history.compare({one, other, "--min-effect", "5"}), 104, "--min-effect 5: expected");
  check_refused(history.compare({one, other, "--format", "html"}), 104, "--format: html");
  const std::string out = history.directory.file("none/comparison.md");
  check_refused(history.compare({one, other, "--anyway", "--out", out}), 104, "none/comparison.md");
}
