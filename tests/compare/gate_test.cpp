// What a gate says of a target that died, or fails more than before.
#include "compare/gate.hpp"

#include "base/terminal.hpp"
#include "compare/comparison_output.hpp"
#include "metrics/history/reader.hpp"
#include "tests/compare/made_history.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/parse.hpp>

#include <string>

using namespace gelombang;
using namespace gelombang::test;
using Catch::Contains;

namespace {

MadeRun run_that(int dies_at, double error_share = 0, double factor = 1) {
  MadeRun run;
  run.seconds = 30;
  run.samples = 3000;
  run.dies_at = dies_at;
  run.error_share = error_share;
  run.factor = factor;
  run.plan = R"({"command":["gelombang","run","login.lua"],"load":{"length_seconds":30}})";
  return run;
}

RunComparison compared(MadeRun before, MadeRun after, const std::string& condition) {
  MadeHistory history;
  before.id = "a";
  after.id = "b";
  after.seed = 2;
  history.add(before);
  history.add(after);
  CompareSettings settings;
  if (!condition.empty()) settings.conditions.push_back(parse_change_condition(condition).value());
  const auto reader = HistoryReader::open(history.file());
  return compare_runs(*reader.value(), "a", "b", settings).value();
}

constexpr int kLives = -1;
const std::string kConditions[] = {"log in: response_time p95 +10%", "log in: response_time p50 +10%",
                                   "log in: phase wait mean +10%", "all: error_rate +0.5%", "all: served_rate -0.5%"};

}  // namespace

TEST_CASE("gate: a target that answered nobody in the second run fails every condition") {
  for (const std::string& condition : kConditions) {
    INFO(condition);
    const GateVerdict gate = judge_gate(compared(run_that(kLives), run_that(0), condition), false);
    CHECK(gate.exit_code == 99);
    CHECK_FALSE(gate.reason.text.empty());
  }
}

TEST_CASE("gate: a target that died in the second run fails every condition, and fast refusals are no speed") {
  for (const int dies_at : {1, 10, 24}) {
    for (const std::string& condition : kConditions) {
      INFO(condition << ", dies at " << dies_at);
      CHECK(judge_gate(compared(run_that(kLives), run_that(dies_at), condition), false).exit_code == 99);
    }
  }
  const RunComparison comparison = compared(run_that(kLives), run_that(24), kConditions[1]);
  CHECK(comparison.verdict() == ChangeVerdict::worse);
  CHECK_THAT(
      comparison_text(comparison, Terminal(-1, false)),
      Catch::StartsWith("WORSE: people did not get through any more: the target answered nothing in the last 6"));
  CHECK_THAT(comparison_markdown(comparison), Contains("WORSE: people did not get through any more"));
  const auto json = boost::json::parse(comparison_json(comparison, 99));
  CHECK(json.at("before").at("shortfall").is_null());
  CHECK_THAT(json.at("after").at("shortfall").as_string().c_str(), Contains("the target answered nothing"));
}

TEST_CASE("gate: a dead target is no yardstick, and two dead ones are not alike") {
  const GateVerdict better = judge_gate(compared(run_that(1), run_that(kLives), kConditions[0]), false);
  CHECK(better.exit_code == 113);
  CHECK_THAT(better.reason.text, Contains("people did not get through in run a: "));
  CHECK(judge_gate(compared(run_that(1), run_that(1), "all: error_rate +0.5%"), false).exit_code == 99);
}

TEST_CASE("gate: in two runs where many do not get through, a condition on failures decides") {
  const MadeRun overloaded = run_that(14);
  CHECK(judge_gate(compared(overloaded, overloaded, "all: served_rate -5%"), false).exit_code == 0);
  CHECK(judge_gate(compared(overloaded, overloaded, "log in: response_time p50 +50%"), false).exit_code == 113);
}

TEST_CASE("gate: where more people fail than a percentile leaves out, it has become worse") {
  const RunComparison comparison = compared(run_that(kLives), run_that(kLives, 0.2), "log in: response_time p95 +10%");
  REQUIRE(comparison.conditions.size() == 1);
  CHECK(comparison.conditions[0].by_failures);
  const GateVerdict gate = judge_gate(comparison, false);
  CHECK(gate.exit_code == 99);
  CHECK_THAT(gate.reason.text, Contains("so many more people failed"));
  // The median is still known, and is as it was.
  CHECK(judge_gate(compared(run_that(kLives), run_that(kLives, 0.2), "log in: response_time p50 +20%"), false)
            .exit_code == 0);
}

TEST_CASE("gate: without conditions there is none, and a run that is as before passes") {
  CHECK(judge_gate(compared(run_that(kLives), run_that(0), ""), false).exit_code == 0);
  const RunComparison alike = compared(run_that(kLives), run_that(kLives), "log in: response_time p50 +20%");
  CHECK(judge_gate(alike, true).exit_code == 0);
  CHECK_FALSE(alike.through_after.shortfall);
}
