#include "runs/run_figures.hpp"

#include "engine/load_run.hpp"
#include "metrics/sampled_details.hpp"
#include "runs/worker_figures.hpp"
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

// A run that is prepared and never started. Tests write into its recorders.
struct StillRun {
  StillRun() {
    std::ofstream(directory.file("scenario.lua")) << kScenario;
    RunRequest options;
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
  std::optional<WorkerFigures> workers;
  FigureSource& source() { return workers.emplace(*run, prepared->layout); }
};

// A source such as another machine, which counts by itself and sends counts and ages.
class Distant final : public FigureSource {
 public:
  explicit Distant(const PreparedRun& prepared)
      : recorder(prepared.layout),
        under_way(*prepared.layout),
        timetable_(prepared.plan.load.intensity),
        delta_(prepared.layout) {}

  void take(TimePoint, const Receiver& receiver, SampledDetails&) override {
    recorder.take(delta_);
    receiver(delta_, under_way);
  }
  void take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) override {
    under_way.clear();
    take(now, receiver, details);
  }
  [[nodiscard]] Users users() const override { return {{}, 7}; }
  [[nodiscard]] bool target_answered() const override { return true; }
  [[nodiscard]] std::vector<const WorkerHealth*> health() const override { return {}; }
  [[nodiscard]] Schedule schedule() const override { return {timetable_, changes_, end, false}; }

  Recorder recorder;
  UnderWay under_way;
  TimePoint end{};

 private:
  Timetable timetable_;
  std::vector<Steering> changes_;
  Snapshot delta_;
};

}  // namespace

TEST_CASE("run figures: an observer sees each interval once, and all of them are the totals", "[unit]") {
  StillRun still;
  RunFigures figures(*still.prepared, still.clock);
  struct Seen {
    Duration begin;
    Duration end;
    double rate_asked;
    std::uint64_t started;
  };
  std::vector<Seen> seen;
  Snapshot merged(still.prepared->layout);
  figures.observe([&](const Interval& interval) {
    seen.push_back({interval.begin, interval.end, interval.rate_asked, interval.delta.journeys[0].started});
    merged.merge(interval.delta);
  });
  std::uint64_t others = 0;
  figures.observe([&](const Interval&) { ++others; });

  figures.start(still.source(), nullptr, still.clock.now() + 100ms);
  const std::vector<Recorder*> workers = still.run->recorders();
  workers[0]->iteration_started(0, 3ms);
  workers[1]->iteration_started(0, 5ms);
  still.clock.advance(1100ms);
  figures.tick(still.clock.now());
  workers[1]->iteration_started(0, 7ms);
  still.clock.advance(1s);
  figures.tick(still.clock.now());
  still.clock.advance(500ms);
  figures.finish(still.clock.now());

  REQUIRE(seen.size() == 3);
  CHECK(others == 3);
  CHECK(seen[0].begin == 0s);
  CHECK(seen[0].end == 1s);
  CHECK(seen[0].rate_asked == Approx(11));  // the mean of the interval, not the rate at its end
  CHECK(seen[0].started == 2);
  CHECK(seen[1].begin == 1s);
  CHECK(seen[1].end == 2s);
  CHECK(seen[1].started == 1);
  CHECK(seen[2].end == 2500ms);
  CHECK(seen[2].started == 0);
  CHECK(seen[2].rate_asked == Approx(14.5));
  CHECK(merged.schedule_lag.count() == figures.aggregator().totals().schedule_lag.count());
  CHECK(merged.schedule_lag.sum_nanoseconds() == 15'000'000);
}

TEST_CASE("run figures: a second in which the load ends asked for what was due in it", "[unit]") {
  StillRun still;
  RunFigures figures(*still.prepared, still.clock);
  double asked = 0;
  figures.observe(
      [&](const Interval& interval) { asked += interval.rate_asked * to_seconds(interval.end - interval.begin); });
  figures.start(still.source(), nullptr, still.clock.now());
  still.clock.advance(9500ms);
  figures.tick(still.clock.now());
  still.clock.advance(2s);
  figures.tick(still.clock.now());
  figures.finish(still.clock.now());
  CHECK(asked == Approx(200));
}

TEST_CASE("run figures: what happens is told to whoever listens, and stands in the facts", "[unit]") {
  StillRun still;
  RunFigures figures(*still.prepared, still.clock);
  std::vector<std::string> heard;
  figures.listen([&](const Annotation& annotation) { heard.push_back(annotation.text); });
  figures.start(still.source(), nullptr, still.clock.now());
  still.clock.advance(2s);
  figures.annotate("stop", "somebody pulled the plug");
  CHECK(heard == std::vector<std::string>{"somebody pulled the plug"});
  const RunFacts facts = figures.facts(still.clock.now(), {});
  REQUIRE(facts.annotations.size() == 1);
  CHECK(facts.annotations[0].kind == "stop");
  CHECK(facts.annotations[0].offset == 2s);
  CHECK(facts.annotations[0].at == still.clock.wall_now());
}

TEST_CASE("run figures: details of the workers come with the interval in which they were taken", "[unit]") {
  StillRun still;
  still.prepared->plan.keep_details = true;
  RunFigures figures(*still.prepared, still.clock);
  std::vector<std::size_t> attempts;
  figures.observe([&](const Interval& interval) {
    REQUIRE(interval.details != nullptr);
    attempts.push_back(interval.details->attempts.size());
  });
  figures.start(still.source(), nullptr, still.clock.now());
  for (Recorder* worker : still.run->recorders()) {
    worker->keep_details({10, 0, 10, 10});
    worker->request(0, RequestSample{});
  }
  still.clock.advance(1s);
  figures.tick(still.clock.now());
  still.clock.advance(1s);
  figures.finish(still.clock.now());
  CHECK(attempts == std::vector<std::size_t>{2, 0});
}

TEST_CASE("run figures: whoever waits at a worker that stands still grows older at every look", "[unit]") {
  StillRun still;
  RunFigures figures(*still.prepared, still.clock);
  std::vector<Duration> oldest;
  figures.observe(
      [&](const Interval& interval) { oldest.push_back(interval.under_way->steps[0].response_time.max()); });
  const TimePoint epoch = still.clock.now();
  figures.start(still.source(), nullptr, epoch);
  // One visit at each of two workers. Neither worker does anything from now on.
  for (Recorder* worker : still.run->recorders()) {
    const auto visit = worker->visit_began(0, epoch, epoch);
    worker->attempt(0, true, false, visit, epoch, epoch);
  }
  for (int second = 1; second <= 12; ++second) {
    still.clock.advance(1s);
    figures.tick(still.clock.now());
    REQUIRE(oldest.size() == static_cast<std::size_t>(second));
    CHECK(oldest.back() == second * 1s);
  }
  const LiveFigures live = figures.live(still.clock.now(), false);
  REQUIRE(live.under_way);
  CHECK(live.under_way->steps[0].response_time.count() == 2);
  CHECK(figures.aggregator().recent().error_rate == 1.0);
  CHECK(figures.aggregator().recent().response_time_p95->lower_bound);
}

TEST_CASE("run figures: mail that somebody waits for is as late as it is already", "[unit]") {
  struct Box final : Mailbox {
    ExpectationId expect(MailExpectation, Done) override { return 0; }
    void cancel(ExpectationId) override {}
    Tally take() override { return tally; }
    Tally finish() override { return {}; }
    Tally tally;
  } box;
  StillRun still;
  still.prepared->thresholds =
      parse_thresholds(std::vector<std::string>{"all: mail_delivery p95 < 30s over last 5s abort"}, {}).value();
  RunFigures figures(*still.prepared, still.clock);
  figures.start(still.source(), &box, still.clock.now());
  const auto seconds = [&](int count) {
    for (int i = 0; i < count; ++i) {
      still.clock.advance(1s);
      figures.tick(still.clock.now());
    }
  };
  box.tally.waited = {10s, 10s};
  seconds(6);
  CHECK(figures.aggregator().abort() == nullptr);
  box.tally.waited = {31s, 31s};
  seconds(1);
  CHECK(figures.aggregator().abort() != nullptr);
  CHECK(figures.aggregator().so_far().mail.waited.count() == 2);
  figures.finish(still.clock.now());
  CHECK(figures.aggregator().under_way().mail.empty());
}

TEST_CASE("run figures: what another source counts is judged and reported as the workers' counts are", "[unit]") {
  StillRun still;
  still.prepared->thresholds =
      parse_thresholds(std::vector<std::string>{"all: error_rate < 10% abort"}, still.prepared->scenario.catalog)
          .value();
  RunFigures figures(*still.prepared, still.clock);
  Distant distant(*still.prepared);
  distant.end = still.clock.now() + 10s;
  figures.start(distant, nullptr, still.clock.now());
  distant.recorder.iteration_started(0, 2ms);
  distant.under_way.steps[0].response_time.record(4s);
  distant.under_way.journeys[0].duration.record(4s);
  still.clock.advance(1s);
  figures.tick(still.clock.now());
  CHECK(figures.aggregator().totals().journeys[0].started == 1);
  CHECK(figures.aggregator().under_way().steps[0].response_time.count() == 1);
  CHECK(figures.rate_asked(still.clock.now()) == Approx(12));
  for (int i = 0; i < 1000; ++i) distant.recorder.step(0, {1s, 1s, Outcome::failure, ErrorClass::http_500});
  still.clock.advance(30s);
  figures.tick(still.clock.now());
  CHECK(figures.arrivals_over());
  CHECK(figures.aggregator().abort() != nullptr);
  figures.finish(still.clock.now());
  CHECK(figures.aggregator().under_way().empty());
  const RunFacts facts = figures.facts(still.clock.now(), {});
  CHECK(facts.arrivals_took == 10s);
  CHECK(facts.expected == Approx(200));
  CHECK(facts.generator.users_max == 7);
}
