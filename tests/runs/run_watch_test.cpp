#include "runs/run_watch.hpp"

#include "engine/load_run.hpp"
#include "metrics/traces.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/http_harness.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr const char* kScenario = R"(
local one = step "one"
return scenario {
  journeys = { visit = { steps = { one }, run = function() one(function() end) end } },
  loads = { smoke = ramping_rate { start = "10/s", stages = { { "10s", "30/s" } } } },
}
)";

// A run that is prepared and never started: a test puts into its recorders what is to be seen.
struct StillRun {
  StillRun() {
    std::ofstream(directory.file("scenario.lua")) << kScenario;
    RunOptions options;
    options.scenario = directory.file("scenario.lua");
    options.target = "http://127.0.0.1:1";
    options.threads = 2;
    options.seed = 1;
    prepared.emplace(prepare_run(options).value());
    run = std::move(
        LoadRun::prepare(prepared->plan, prepared->scenario, prepared->layout, clock, guard, nullptr, *prepared->photos)
            .value());
  }

  test::TemporaryDirectory directory;
  test::FakeClock clock;
  test::ScriptedGuard guard;
  std::optional<PreparedRun> prepared;
  std::unique_ptr<LoadRun> run;
};

}  // namespace

TEST_CASE("run watch: an observer sees each interval once, and all of them are the totals", "[unit]") {
  StillRun still;
  RunWatch watch(*still.prepared, still.clock);
  struct Seen {
    Duration begin;
    Duration end;
    double rate_asked;
    std::uint64_t started;
  };
  std::vector<Seen> seen;
  Snapshot merged(still.prepared->layout);
  watch.observe([&](const Interval& interval) {
    seen.push_back({interval.begin, interval.end, interval.rate_asked, interval.delta.journeys[0].started});
    merged.merge(interval.delta);
  });
  std::uint64_t others = 0;
  watch.observe([&](const Interval&) { ++others; });

  watch.start(*still.run, nullptr, still.clock.now() + 100ms);
  const std::vector<Recorder*> workers = still.run->recorders();
  workers[0]->iteration_started(0, 3ms);
  workers[1]->iteration_started(0, 5ms);
  still.clock.advance(1100ms);
  watch.tick(still.clock.now());
  workers[1]->iteration_started(0, 7ms);
  still.clock.advance(1s);
  watch.tick(still.clock.now());
  still.clock.advance(500ms);
  watch.finish(still.clock.now());

  REQUIRE(seen.size() == 3);
  CHECK(others == 3);
  CHECK(seen[0].begin == 0s);
  CHECK(seen[0].end == 1s);
  CHECK(seen[0].rate_asked == Approx(11));  // the mean, not that of its end
  CHECK(seen[0].started == 2);
  CHECK(seen[1].begin == 1s);
  CHECK(seen[1].end == 2s);
  CHECK(seen[1].started == 1);
  CHECK(seen[2].end == 2500ms);
  CHECK(seen[2].started == 0);
  CHECK(seen[2].rate_asked == Approx(14.5));
  CHECK(merged.schedule_lag.count() == watch.figures().totals().schedule_lag.count());
  CHECK(merged.schedule_lag.sum_nanoseconds() == 15'000'000);
}

TEST_CASE("run watch: a second in which the load ends asked for what was due in it", "[unit]") {
  StillRun still;
  RunWatch watch(*still.prepared, still.clock);
  double asked = 0;
  watch.observe(
      [&](const Interval& interval) { asked += interval.rate_asked * to_seconds(interval.end - interval.begin); });
  watch.start(*still.run, nullptr, still.clock.now());
  still.clock.advance(9500ms);
  watch.tick(still.clock.now());
  still.clock.advance(2s);
  watch.tick(still.clock.now());
  watch.finish(still.clock.now());
  CHECK(asked == Approx(200));
}

TEST_CASE("run watch: what happens is told to whoever listens, and stands in the facts", "[unit]") {
  StillRun still;
  RunWatch watch(*still.prepared, still.clock);
  std::vector<std::string> heard;
  watch.listen([&](const Annotation& annotation) { heard.push_back(annotation.text); });
  watch.start(*still.run, nullptr, still.clock.now());
  still.clock.advance(2s);
  watch.annotate("stop", "somebody pulled the plug");
  CHECK(heard == std::vector<std::string>{"somebody pulled the plug"});
  const RunFacts facts = watch.facts(still.clock.now(), {});
  REQUIRE(facts.annotations.size() == 1);
  CHECK(facts.annotations[0].kind == "stop");
  CHECK(facts.annotations[0].offset == 2s);
  CHECK(facts.annotations[0].at == still.clock.wall_now());
}

TEST_CASE("run watch: traces of the workers come with the interval in which they were taken", "[unit]") {
  StillRun still;
  still.prepared->plan.keep_traces = true;
  RunWatch watch(*still.prepared, still.clock);
  std::vector<std::size_t> attempts;
  watch.observe([&](const Interval& interval) {
    REQUIRE(interval.traces != nullptr);
    attempts.push_back(interval.traces->attempts.size());
  });
  watch.start(*still.run, nullptr, still.clock.now());
  for (Recorder* worker : still.run->recorders()) {
    worker->keep_traces({10, 0, 10, 10});
    worker->request(0, RequestSample{});
  }
  still.clock.advance(1s);
  watch.tick(still.clock.now());
  still.clock.advance(1s);
  watch.finish(still.clock.now());
  CHECK(attempts == std::vector<std::size_t>{2, 0});
}

TEST_CASE("run watch: whoever waits at a worker that stands still grows older at every look", "[unit]") {
  StillRun still;
  RunWatch watch(*still.prepared, still.clock);
  std::vector<Duration> oldest;
  watch.observe([&](const Interval& interval) { oldest.push_back(interval.under_way->steps[0].response_time.max()); });
  const TimePoint epoch = still.clock.now();
  watch.start(*still.run, nullptr, epoch);
  // One visit at each of two workers, of which neither does anything from now on.
  for (Recorder* worker : still.run->recorders()) {
    const auto visit = worker->visit_began(0, epoch, epoch);
    worker->attempt(0, true, false, visit, epoch, epoch);
  }
  for (int second = 1; second <= 12; ++second) {
    still.clock.advance(1s);
    watch.tick(still.clock.now());
    REQUIRE(oldest.size() == static_cast<std::size_t>(second));
    CHECK(oldest.back() == second * 1s);
  }
  const LiveFigures live = watch.live(still.clock.now(), false);
  REQUIRE(live.under_way);
  CHECK(live.under_way->steps[0].response_time.count() == 2);
  CHECK(watch.figures().recent().error_rate == 1.0);
  CHECK(watch.figures().recent().response_time_p95->lower_bound);
}

TEST_CASE("run watch: mail that somebody waits for is as late as it is already", "[unit]") {
  struct Box final : MailWatcher {
    ExpectationId expect(MailExpectation, Done) override { return 0; }
    void cancel(ExpectationId) override {}
    Tally take() override { return tally; }
    Tally finish() override { return {}; }
    Tally tally;
  } box;
  StillRun still;
  still.prepared->thresholds =
      parse_thresholds(std::vector<std::string>{"all: mail_delivery p95 < 30s over last 5s abort"}, {}).value();
  RunWatch watch(*still.prepared, still.clock);
  watch.start(*still.run, &box, still.clock.now());
  const auto seconds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      still.clock.advance(1s);
      watch.tick(still.clock.now());
    }
  };
  box.tally.waited = {10s, 10s};
  seconds(6);
  CHECK(watch.figures().abort() == nullptr);
  box.tally.waited = {31s, 31s};
  seconds(1);
  CHECK(watch.figures().abort() != nullptr);
  CHECK(watch.figures().so_far().mail.waited.count() == 2);
  watch.finish(still.clock.now());
  CHECK(watch.figures().under_way().mail.empty());
}
