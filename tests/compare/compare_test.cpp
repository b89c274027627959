// Comparisons of invented runs.
#include "compare/comparison.hpp"

#include "base/terminal.hpp"
#include "compare/comparison_output.hpp"
#include "compare/comparison_words.hpp"
#include "metrics/history/reader.hpp"
#include "tests/compare/made_history.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using Catch::Contains;

namespace {

CompareOutcome compared(const MadeHistory& history, const std::string& before, const std::string& after,
                        const CompareSettings& settings = {}) {
  auto reader = HistoryReader::open(history.file());
  REQUIRE(reader.has_value());
  return compare_runs(*reader.value(), before, after, settings);
}

CompareSettings with_condition(const std::string& text) {
  CompareSettings settings;
  settings.conditions.push_back(parse_change_condition(text).value());
  return settings;
}

MadeRun small(const std::string& id, std::uint64_t seed, double factor = 1) {
  MadeRun run;
  run.id = id;
  run.seed = seed;
  run.factor = factor;
  run.samples = 3000;
  run.seconds = 30;
  return run;
}

// A pair of runs. `change` modifies the second run.
CompareOutcome pair_with(const std::function<void(MadeRun&)>& change, const CompareSettings& settings = {}) {
  MadeHistory history;
  history.add(small("a", 1));
  MadeRun after = small("b", 2);
  change(after);
  history.add(after);
  return compared(history, "a", "b", settings);
}

std::string refused(const std::function<void(MadeRun&)>& change) {
  const auto outcome = pair_with(change);
  return outcome.has_error() ? outcome.error().text : "compared";
}

const ComparedFigure& figure(const RunComparison& comparison, ThresholdMetric metric, std::string_view aggregate) {
  for (const ComparedGroup& group : comparison.groups) {
    for (const ComparedFigure& one : group.figures) {
      if (one.metric == metric && one.aggregate == aggregate) return one;
    }
  }
  throw std::runtime_error("no such figure");
}

std::string plain_text(const RunComparison& comparison) { return comparison_text(comparison, Terminal(-1, false)); }

}  // namespace

TEST_CASE("compare: a whole command seldom cries wolf, and finds a p95 that is slower by 10 %") {
  int wolf = 0;
  int found = 0;
  int failed = 0;
  constexpr std::uint64_t kPairs = 40;
  for (std::uint64_t pair = 0; pair < kPairs; ++pair) {
    MadeHistory history;
    MadeRun run;
    run.steps = {"open", "log in"};
    for (const char* id : {"a", "b", "c"}) {
      run.id = id;
      run.seed = 3 * pair + static_cast<std::uint64_t>(id[0] - 'a');
      run.factor = run.id == "c" ? 1.1 : 1;
      history.add(run);
    }
    const ChangeVerdict equal = compared(history, "a", "b").value().verdict();
    wolf += equal == ChangeVerdict::worse || equal == ChangeVerdict::better ? 1 : 0;
    const auto slower = compared(history, "a", "c", with_condition("log in: response_time p95 +5%")).value();
    found += figure(slower, ThresholdMetric::response_time, "p95").verdict == ChangeVerdict::worse ? 1 : 0;
    failed += slower.conditions.front().state == ConditionState::fail ? 1 : 0;
  }
  CHECK(wolf <= 1);
  CHECK(found >= 36);
  CHECK(failed >= 36);
}

TEST_CASE("compare: a slower run is worse, and the phase that made it so is named") {
  const auto outcome = pair_with([](MadeRun& run) { run.factor = 1.5; });
  const RunComparison& comparison = outcome.value();
  CHECK(comparison.verdict() == ChangeVerdict::worse);
  const ComparedFigure& p95 = figure(comparison, ThresholdMetric::response_time, "p95");
  CHECK(p95.change->estimate == Approx(0.5).margin(0.12));
  CHECK(p95.change->low < 0.5);
  CHECK(p95.change->high > 0.5);
  REQUIRE(comparison.groups.front().shift);
  const TimeShift& shift = *comparison.groups.front().shift;
  CHECK(shift.phases[static_cast<std::size_t>(Phase::wait)] == Approx(shift.response));
  CHECK(shift.queued == Approx(0).margin(1e-9));
  const std::string text = plain_text(comparison);
  CHECK_THAT(text, Catch::StartsWith("WORSE: login/log in response p"));
  CHECK_THAT(text, Contains(": wait +"));
  CHECK_THAT(text, Contains("No step failed in either run."));
  CHECK_THAT(text, !Contains("\x1b["));
}

TEST_CASE("compare: in a narrow terminal its tables keep every verdict") {
  const auto comparison = pair_with([](MadeRun& run) { run.error_share = 0.05; }).value();
  const std::string text = comparison_text(comparison, Terminal(-1, false), 66);
  CHECK_THAT(text, Contains("interval") && !Contains("  change  ") && Contains("worse"));
  CHECK_THAT(plain_text(comparison), Contains("  change  "));
}

TEST_CASE("compare: more failures are worse, in percentage points and by class") {
  const auto outcome = pair_with([](MadeRun& run) { run.error_share = 0.05; });
  const RunComparison& comparison = outcome.value();
  const ComparedFigure& errors = figure(comparison, ThresholdMetric::error_rate, "");
  CHECK(errors.verdict == ChangeVerdict::worse);
  CHECK(errors.change->estimate == Approx(0.05).margin(0.02));
  REQUIRE(comparison.errors.size() == 1);
  CHECK(comparison.errors[0].error == ErrorClass::http_503);
  CHECK(comparison.errors[0].before == 0);
  CHECK(comparison.errors[0].after > 100);
  CHECK_THAT(plain_text(comparison), Contains(" pt") && Contains("service unavailable (http_503)"));
}

TEST_CASE("compare: too few samples are said to be too few, and no data for a condition") {
  MadeHistory history;
  for (const char* id : {"a", "b"}) {
    MadeRun run = small(id, 1);
    run.samples = 100;
    history.add(run);
  }
  const auto comparison = compared(history, "a", "b", with_condition("all: response_time p99 +10%")).value();
  CHECK(figure(comparison, ThresholdMetric::response_time, "p99").verdict == ChangeVerdict::too_few);
  CHECK(comparison.conditions[0].state == ConditionState::no_data);
}

TEST_CASE("compare: a rate that is written in another way is the same load") {
  MadeHistory history;
  const std::pair<const char*, const char*> runs[] = {{"a", "--rate 3000/m"}, {"b", "--rate 50/s"}};
  for (const auto& [id, load] : runs) {
    MadeRun run = small(id, 1);
    run.load = load;
    history.add(run);
  }
  CHECK(compared(history, "a", "b").has_value());
}

TEST_CASE("compare: unlike runs are refused, and what differs is said") {
  CHECK_THAT(refused([](MadeRun& run) { run.scenario = "upload"; }),
             Contains("the scenarios differ: 'login' and 'upload'"));
  CHECK_THAT(refused([](MadeRun& run) { run.sha256 = "bb"; }), Contains("the scenario's file") && Contains("changed"));
  CHECK_THAT(refused([](MadeRun& run) { run.load = "opening"; }), Contains("the loads differ: 'smoke' and 'opening'"));
  CHECK_THAT(refused([](MadeRun& run) { run.plan = R"({"load":{"length_seconds":90}})"; }),
             Contains("the load's length_seconds differs: 60 and 90"));
  CHECK_THAT(refused([](MadeRun& run) {
               run.plan = R"({"command":["gelombang","run","--set","size=2"],"load":{"length_seconds":60}})";
             }),
             Contains("--set differs: nothing and size=2"));
  CHECK_THAT(refused([](MadeRun& run) {
               run.plan = R"({"command":["gelombang","run","login.lua"],"load":{"length_seconds":60},)"
                          R"("networks":[{"name":"3g","weight":1}]})";
             }),
             Contains("the networks of their people differ"));
  CHECK_THAT(refused([](MadeRun& run) { run.steps = {"log in", "dashboard"}; }), Contains("their steps differ"));
  CHECK_THAT(refused([](MadeRun& run) { run.annotations = {"control"}; }), Contains("run b was steered by hand (1x)"));
  const std::string several = refused([](MadeRun& run) {
    run.load = "opening";
    run.sha256 = "bb";
  });
  CHECK_THAT(several, Contains("; ") && Contains("--anyway") && !Contains("\n"));
}

TEST_CASE("compare: --anyway compares the steps that both have, and says what is wrong") {
  CompareSettings settings;
  settings.anyway = true;
  const auto comparison = pair_with([](MadeRun& run) { run.steps = {"dashboard", "log in"}; }, settings).value();
  REQUIRE(comparison.unlike.size() == 1);
  CHECK(comparison.groups.front().name == "login/log in");
  CHECK(comparison.groups.front().figures.front().change->samples_after == 3000);
  CHECK_THAT(plain_text(comparison), Contains("WARNING: their steps differ; compared anyway"));
}

TEST_CASE("compare: another target, seed or version is no reason to refuse") {
  const auto comparison = pair_with([](MadeRun& run) { run.target = "http://127.0.0.1:9\x1b[31m"; }).value();
  REQUIRE(comparison.notes.size() == 1);
  CHECK(comparison.notes[0] == "the targets differ: http://127.0.0.1:8080 and http://127.0.0.1:9?[31m");
}

TEST_CASE("compare: an invalid run proves nothing") {
  const auto outcome = pair_with([](MadeRun& run) { run.validity = "invalid"; });
  REQUIRE(outcome.has_error());
  CHECK(outcome.error().cause == ExitCause::invalid_run);
  CHECK(outcome.error().text == "run b is invalid (the lag was 2 s): its figures say nothing about the target");
  // If the run has no end, its last interval decides.
  const auto killed = pair_with([](MadeRun& run) {
    run.ends = false;
    run.state = ValidityState::invalid;
  });
  REQUIRE(killed.has_error());
  CHECK(killed.error().cause == ExitCause::invalid_run);
  CompareSettings settings;
  settings.anyway = true;
  const auto anyway = pair_with([](MadeRun& run) { run.validity = "invalid"; }, settings);
  REQUIRE(anyway.has_value());
  CHECK(anyway.value().unlike.size() == 1);
}

TEST_CASE("compare: of a run that was cut off, what both have is compared") {
  const auto comparison = pair_with([](MadeRun& run) {
                            run.ends = false;
                            run.seconds = 12;
                            run.samples = 1200;
                          }).value();
  REQUIRE(comparison.stretch);
  CHECK(*comparison.stretch == std::chrono::seconds(12));
  const ComparedFigure& p50 = figure(comparison, ThresholdMetric::response_time, "p50");
  CHECK(p50.change->samples_before == 1200);
  CHECK(p50.change->samples_after == 1200);
  CHECK_THAT(plain_text(comparison), Contains("run b was cut off after 12.0 s") && Contains("only the first 12.0 s"));
}

TEST_CASE("compare: a run is not compared with itself, an unknown or an empty one") {
  MadeHistory history;
  history.add(small("a", 1));
  MadeRun nothing = small("nothing", 2);
  nothing.seconds = 0;
  history.add(nothing);
  MadeRun idle = small("idle", 3);
  idle.samples = 0;
  history.add(idle);
  CHECK_THAT(compared(history, "a", "a").error().text, Contains("are the same run"));
  CHECK_THAT(compared(history, "a", "z").error().text, Contains("no run 'z'"));
  const auto empty = compared(history, "a", "nothing");
  CHECK(empty.error().cause == ExitCause::no_data);
  CHECK(empty.error().text == "run nothing is empty: nothing was recorded of it");
  const auto none = compared(history, "a", "idle");
  CHECK(none.error().cause == ExitCause::no_data);
  CHECK_THAT(none.error().text, Contains("a and idle have no measured step in common"));
}

TEST_CASE("compare: a condition names a step that is there") {
  const auto outcome = pair_with([](MadeRun&) {}, with_condition("log out: response_time p95 +10%"));
  REQUIRE(outcome.has_error());
  CHECK_THAT(outcome.error().text, Catch::StartsWith("--fail-if 'log out: response_time p95 +10%': no step is called"));
}

TEST_CASE("compare: JSON has every figure, rates as they are read") {
  const auto comparison =
      pair_with([](MadeRun& run) { run.factor = 1.5; }, with_condition("log in: response_time p95 +10%")).value();
  const auto json = boost::json::parse(comparison_json(comparison, 99)).as_object();
  CHECK(json.at("schema") == "gelombang.compare/1");
  CHECK(json.at("verdict") == "worse");
  CHECK(json.at("exit_code") == 99);
  CHECK(json.at("before").at("id") == "a");
  CHECK(json.at("conditions").at(0).at("state") == "fail");
  std::size_t figures = 0;
  for (const auto& group : json.at("groups").as_array()) figures += group.at("figures").as_array().size();
  CHECK(figures == json.at("looks").to_number<std::size_t>());
  const auto& whole = json.at("groups").as_array().back();
  CHECK(whole.at("name").is_null());
  CHECK(whole.at("figures").at(0).at("metric") == "served_rate");
  CHECK(whole.at("figures").at(0).at("before") == 1);
}

TEST_CASE("compare: Markdown shows what moved first, and hostile names mean nothing to it") {
  MadeHistory history;
  for (const char* id : {"a", "b"}) {
    MadeRun run = small(id, static_cast<std::uint64_t>(id[0]), id[0] == 'b' ? 1.5 : 1);
    run.steps = {"<img src=x> | @all\n# log in"};
    history.add(run);
  }
  const std::string text = comparison_markdown(compared(history, "a", "b").value());
  CHECK_THAT(text, Catch::StartsWith("### WORSE: login/&lt;img"));
  CHECK_THAT(text, Contains("**worse**") && Contains("<details>"));
  CHECK_THAT(text, !Contains("<img") && !Contains("@all") && !Contains("\n# log in"));
}
