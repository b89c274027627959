// A whole run with its history in this process: what the history keeps when a worker fails.
#include "runs/played_run.hpp"

#include "app/load_session.hpp"
#include "metrics/exit_reason.hpp"
#include "metrics/history/reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

TEST_CASE("played run: a worker that fails ends the run as invalid, and the history has its end and its figures") {
  std::atomic<int> requests{0};
  RawServer server([&requests](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      if (++requests <= 5) connection.send(http_answer("ok"));
    }
  });
  TemporaryDirectory directory;
  write_file(directory.file("scenario.lua"), R"(
local one = step "one"
return scenario {
  journeys = { visit = { steps = { one }, run = function() one(function() http.get("/") end) end } },
  loads = { long = constant_rate { rate = "100/s", duration = "1h" } },
}
)");
  RunRequest request;
  request.scenario = directory.file("scenario.lua");
  request.target = server.url("");
  request.threads = 2;
  request.seed = 1;
  SessionOptions& options = request.session;
  options.metrics_listen = "off";
  options.history = directory.file("history.sqlite");

  const SystemClock clock;
  PlayLoop loop(clock);
  PreparedRun prepared = prepare_run(request).value();
  PlayedRun run(std::move(prepared), request, {"run-of-the-test", "{}"}, loop);
  const auto refused = run.set_up();
  REQUIRE((!refused ? "" : refused->text) == "");
  run.start(std::nullopt);
  PlayedRun::Hooks hooks;
  hooks.each_second = [&](TimePoint) {
    const StepSnapshot& step = run.figures().aggregator().totals().steps[0];
    if (step.requests[CountedResult::success] < 5 || requests < 20) return;
    run.run().post_to_workers([] { throw std::runtime_error("the test has the worker fail"); });
  };
  run.play(std::move(hooks));
  const Summary summary = run.finish();
  run.keep(summary, "{}");

  CHECK(exit_code(summary.exit_reasons) == 111);
  const auto reader = HistoryReader::open(options.history);
  REQUIRE(reader);
  const auto record = reader.value()->run("run-of-the-test");
  REQUIRE(record);
  CHECK(record.value().state == RunState::finished);
  CHECK(record.value().exit_code == 111);
  const auto totals = reader.value()->totals(record.value());
  REQUIRE(totals);
  const StepSnapshot& step = totals.value().steps[0];
  CHECK(step.requests[CountedResult::success] == 5);
  CHECK(step.requests[CountedResult::interrupted] >= 15);
  CHECK(step.requests.total() == totals.value().journeys[0].started);
}
