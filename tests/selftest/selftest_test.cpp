// The self-test must pass when nothing is wrong, and must find each fault.
#include "app/selftest_command.hpp"
#include "selftest/check.hpp"
#include "selftest/stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;
using selftest::Check;
using selftest::Unit;

namespace {

struct Played {
  int exit_code = -1;
  boost::json::value json;
  std::set<std::string> off;  // "stage: what"
};

Played play(const SelftestSeam& seam) {
  TemporaryDirectory directory;
  SelftestOptions options;
  options.json = directory.file("selftest.json");
  options.color = false;
  Played played;
  played.exit_code = run_selftest(options, seam);
  played.json = boost::json::parse(read_file(options.json));
  for (const auto& row : played.json.at("checks").as_array()) {
    if (!row.at("ok").as_bool())
      played.off.insert(row.at("stage").as_string().c_str() + std::string(": ") + row.at("what").as_string().c_str());
  }
  return played;
}

std::string listed(const std::set<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_CASE("selftest: on a machine that works, everything holds", "[integration][slow][alone][statistics]") {
  const Played played = play({});
  INFO(listed(played.off));
  CHECK(played.exit_code == 0);
  CHECK(played.off.empty());
  CHECK(played.json.at("schema").as_string() == "gelombang.selftest/1");
  CHECK(played.json.at("ok").as_bool());
  CHECK(played.json.at("checks").as_array().size() > 50);
  CHECK(played.json.at("took_seconds").as_double() < 30);
}

TEST_CASE("selftest: a server that is later than it promises is seen in each phase, and nowhere else",
          "[integration][slow][alone]") {
  SelftestSeam seam;
  seam.only = "phases";
  seam.server_late_by = 300ms;
  const Played played = play(seam);
  CHECK(played.exit_code == 111);
  CHECK(played.off == std::set<std::string>{"phases: wait, for a slow answer", "phases: receive, of a slow body",
                                            "phases: send, to a slow reader"});
}

TEST_CASE("selftest: a stall of ours is seen in response time and lag, and what was counted stays right",
          "[integration][slow][alone]") {
  SelftestSeam seam;
  seam.only = "delays";
  seam.extra_stall = 800ms;
  const Played played = play(seam);
  INFO(listed(played.off));
  CHECK(played.exit_code == 111);
  CHECK(played.off.count("delays: response time p90") == 1);
  CHECK(played.off.count("delays: response time p99") == 1);
  CHECK(played.off.count("delays: schedule lag p99") == 1);
  CHECK(played.off.count("delays: arrivals started") == 0);
  CHECK(played.off.count("delays: requests, as the server counted them") == 0);
}

TEST_CASE("selftest: figures that do not agree with what is known are off", "[integration]") {
  const auto server = selftest::Server::start();
  REQUIRE(server.has_value());
  TemporaryDirectory directory;
  write_file(directory.file("journeys.lua"), read_file(GELOMBANG_SOURCE_DIR "/selftest/journeys.lua"));
  const auto stages = selftest::all_stages();
  const auto& stage = stages.back();
  REQUIRE(stage.name == "censoring");
  const SystemClock clock;
  PlayLoop loop(clock);
  auto played = selftest::play(stage, {directory.file("journeys.lua"), 1, server.value().get(), &loop, {}});
  REQUIRE(played.has_value());
  const auto off = [&stage](const selftest::StageFigures& figures) {
    std::set<std::string> names;
    for (const Check& check : stage.checks(figures)) {
      if (!check.holds()) names.insert(check.what);
    }
    return names;
  };
  CHECK(off(played.value()).empty());

  selftest::StageFigures lost = played.value();  // a request that we did not count
  ++lost.server_requests;
  CHECK(off(lost) == std::set<std::string>{"requests, as the server counted them"});

  selftest::StageFigures survivors = played.value();  // the interrupted visits vanished
  survivors.summary.arrivals.interrupted = 0;
  survivors.summary.steps[0].response_time.p90 = survivors.summary.steps[0].response_time.p50;
  CHECK(off(survivors) == std::set<std::string>{"cut by the end", "p90 is a lower bound"});

  selftest::StageFigures nothing = played.value();
  nothing.summary.steps[0].response_time = {};
  CHECK(off(nothing) == std::set<std::string>{"response time p50", "p50 is known", "p90 is a lower bound"});
}

TEST_CASE("selftest: a check holds within its ends, and never for nothing", "[unit]") {
  CHECK(Check{"s", "w", Unit::seconds, 0.1, 0.2, 0.1}.holds());
  CHECK(Check{"s", "w", Unit::seconds, 0.1, 0.2, 0.2}.holds());
  CHECK_FALSE(Check{"s", "w", Unit::seconds, 0.1, 0.2, 0.201}.holds());
  CHECK_FALSE(Check{"s", "w", Unit::seconds, 0.1, 0.2, 0.099}.holds());
  const Check empty{"s", "w"};
  CHECK_FALSE(empty.holds());
  CHECK(empty.measured() == "nothing");
  CHECK(Check{"s", "w", Unit::count, 12, 12, 11}.expected() == "12");
  CHECK(Check{"s", "w", Unit::seconds, 0, 0.05, 0.01}.expected() == "at most 50.0 ms");
  CHECK(Check{"s", "w", Unit::count, 5, Check::kAny, 6}.expected() == "at least 5");
  CHECK(Check{"s", "w", Unit::seconds, 0.1, 0.2, 0.15}.expected() == "100 ms to 200 ms");
  CHECK(Check{"s", "w", Unit::yes, 1, 1, 0}.measured() == "no");
}
