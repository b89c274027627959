#include "metrics/thresholds/judge.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{std::chrono::seconds(1000)};

// A run of one journey with two steps, second by second.
class Run {
 public:
  explicit Run(const std::string& threshold, const std::vector<std::string>& others = {})
      : layout_(make(threshold, others)), recorder_(layout_), under_way_(*layout_), judge_(parsed_, layout_, kStart) {}

  Run& ok(int n, Duration response = 100ms) {
    return step(n, {response, response / 2, Outcome::success, ErrorClass::none});
  }
  Run& failed(int n, ErrorClass error = ErrorClass::http_500) { return step(n, {1ms, 1ms, Outcome::failure, error}); }
  Run& cut(int n, Duration after) { return step(n, {after, after, Outcome::interrupted, ErrorClass::none}); }
  Run& dropped(int n) {
    for (int i = 0; i < n; ++i) recorder_.iteration_dropped(0, DropReason::users_exhausted);
    return *this;
  }
  Run& completed(int n) {
    for (int i = 0; i < n; ++i) recorder_.iteration_finished(0, {1s, Outcome::success});
    return *this;
  }
  Run& step(int n, const StepSample& sample) {
    for (int i = 0; i < n; ++i) recorder_.step(id, sample);
    return *this;
  }
  // `n` people begin the step now. They end it when the test ends it.
  std::vector<OpenVisits::Id> begin(int n, StepId step = 0) {
    std::vector<OpenVisits::Id> visits;
    for (int i = 0; i < n; ++i) {
      visits.push_back(recorder_.visit_began(0, now_, now_));
      recorder_.attempt(step, true, false, visits.back(), now_, now_);
    }
    return visits;
  }
  void end(const std::vector<OpenVisits::Id>& visits, const StepSample& sample) {
    for (const auto visit : visits) recorder_.step(0, sample, visit);
    for (const auto visit : visits) recorder_.iteration_finished(0, {sample.response_time, sample.outcome}, visit);
  }
  Run& second(bool arrivals = true) {
    Snapshot delta(layout_);
    std::vector<OpenVisit> open;
    recorder_.take(delta, open);
    under_way_.clear();
    under_way_.add(open, now_ + 1s);
    judge_.add(now_, now_ + 1s, arrivals ? Duration(1s) : Duration::zero(), delta, under_way_);
    now_ += 1s;
    return *this;
  }
  const ThresholdResult& finish() {
    judge_.finish();
    return judge_.results()[0];
  }
  const ThresholdResult& result() { return judge_.results()[0]; }
  bool aborts() { return judge_.abort() != nullptr; }
  Recorder& recorder() { return recorder_; }

  StepId id = 0;

 private:
  std::shared_ptr<const MetricsLayout> make(const std::string& text, std::vector<std::string> texts) {
    Catalog c;
    c.journeys = {"j"};
    c.steps = {{0, "a"}, {0, "b"}};
    texts.insert(texts.begin(), text);
    parsed_ = parse_thresholds(texts, c).value();
    return make_layout(c, LatencyBoundaries::with(latency_limits(parsed_)).value());
  }

  std::vector<Threshold> parsed_;
  std::shared_ptr<const MetricsLayout> layout_;
  Recorder recorder_;
  UnderWay under_way_;
  ThresholdJudge judge_;
  TimePoint now_ = kStart;
};

ThresholdState state_of(Run& run) { return run.finish().verdict.state; }

}  // namespace

TEST_CASE("judge: without samples there is no data, which is not a pass", "[unit]") {
  for (const char* text :
       {"a: response_time p95 < 1s", "a: response_time mean < 1s", "a: error_rate < 1%", "a: served_rate > 1%",
        "all: mail_delivery p50 < 1s", "a: phase dns max < 1s", "a: rate > 1/s over last 5s"}) {
    Run run(text);
    CAPTURE(text);
    const ThresholdResult& r = run.finish();
    CHECK(r.verdict.state == ThresholdState::no_data);
    CHECK_FALSE(r.verdict.value.has_value());
    CHECK(r.lacks_data());
    CHECK_FALSE(r.fails());
  }
  Run allowed("a: error_rate < 1% allow no data");
  CHECK_FALSE(allowed.finish().lacks_data());
}

TEST_CASE("judge: a count of nothing is a count", "[unit]") {
  Run none("a: count >= 1");
  CHECK(state_of(none.second()) == ThresholdState::fail);
  Run three("a: count == 3");
  CHECK(state_of(three.ok(2).failed(1).cut(1, 1s).failed(1, ErrorClass::generator_ports).second()) ==
        ThresholdState::pass);
}

TEST_CASE("judge: error_rate leaves out our own faults and the interrupted", "[unit]") {
  Run run("a: error_rate < 30%");
  run.ok(7).failed(2).step(1, {1s, 1s, Outcome::abandoned, ErrorClass::abandoned});
  run.failed(50, ErrorClass::generator_descriptors).failed(50, ErrorClass::mailbox_auth).cut(50, 1s).second();
  const ThresholdResult& r = run.finish();
  CHECK(r.verdict.value == Approx(0.3));
  CHECK(r.verdict.samples == 10);
  CHECK(r.verdict.state == ThresholdState::fail);
}

TEST_CASE("judge: latencies are those of successes, a fast failure does not flatter", "[unit]") {
  Run run("a: response_time p50 < 50ms");
  CHECK(state_of(run.ok(10, 100ms).failed(1000).second()) == ThresholdState::fail);
}

TEST_CASE("judge: response and service time are different clocks", "[unit]") {
  Run response("a: response_time max < 80ms");
  CHECK(state_of(response.ok(1, 100ms).second()) == ThresholdState::fail);
  Run service("a: service_time max < 80ms");
  CHECK(state_of(service.ok(1, 100ms).second()) == ThresholdState::pass);
}

TEST_CASE("judge: at its limit a percentile is decided by exact counts", "[unit]") {
  // 800 and 801 ms share a bucket.
  Run below("a: response_time p95 < 801ms");
  CHECK(state_of(below.ok(95, 800ms).ok(5, 900ms).second()) == ThresholdState::pass);
  Run above("a: response_time p95 < 801ms");
  const ThresholdResult& r = above.ok(94, 800ms).ok(6, 802ms).second().finish();
  CHECK(r.verdict.state == ThresholdState::fail);
  CHECK(*r.verdict.value > 0.801);
  CHECK_FALSE(r.verdict.within_error);
  Run at("a: response_time p95 < 800ms");
  CHECK(state_of(at.ok(10, 800ms).second()) == ThresholdState::fail);
  Run at_most("a: response_time p95 <= 800ms");
  CHECK(state_of(at_most.ok(10, 800ms).second()) == ThresholdState::pass);
}

TEST_CASE("judge: with censored durations a percentile near its limit says that it is", "[unit]") {
  Run run("a: response_time p50 < 801ms");
  CHECK(run.ok(50, 800ms).ok(25, 900ms).cut(30, 1ms).second().finish().verdict.within_error);
  // Half of all came in time, whatever happened to the visits that were cut short.
  Run decided("a: response_time p50 < 801ms");
  CHECK_FALSE(decided.ok(90, 800ms).cut(10, 1ms).second().finish().verdict.within_error);
  Run far("a: response_time p50 < 2s");
  CHECK_FALSE(far.ok(90, 800ms).cut(10, 1ms).second().finish().verdict.within_error);
}

TEST_CASE("judge: a lower bound decides only what it can", "[unit]") {
  const std::vector<std::pair<std::string, ThresholdState>> table{
      {"< 5s", ThresholdState::fail},      {"< 10s", ThresholdState::fail},     {"< 20s", ThresholdState::no_data},
      {"<= 5s", ThresholdState::fail},     {"<= 10s", ThresholdState::no_data}, {"> 5s", ThresholdState::pass},
      {"> 10s", ThresholdState::no_data},  {"> 20s", ThresholdState::no_data},  {">= 10s", ThresholdState::pass},
      {">= 20s", ThresholdState::no_data}, {"== 5s", ThresholdState::fail},     {"== 20s", ThresholdState::no_data},
      {"!= 5s", ThresholdState::pass},     {"!= 20s", ThresholdState::no_data}};
  for (const auto& [condition, expected] : table) {
    Run run("a: response_time p95 " + condition);
    const ThresholdResult& r = run.ok(50, 100ms).cut(50, 10s).second().finish();
    CAPTURE(condition);
    CHECK(r.verdict.state == expected);
    CHECK(r.verdict.lower_bound);
    CHECK(r.verdict.value == 10.0);
  }
}

TEST_CASE("judge: fewer samples than `min` are no data", "[unit]") {
  for (const char* text : {"a: response_time p95 < 1ms min 10", "a: error_rate < 1% min 10", "a: count > 100 min 10"}) {
    Run few(text);
    CAPTURE(text);
    CHECK(state_of(few.ok(8).failed(1).second()) == ThresholdState::no_data);
    Run enough(text);
    CHECK(state_of(enough.ok(10).failed(1).second()) == ThresholdState::fail);
  }
}

TEST_CASE("judge: the warm-up is left out", "[unit]") {
  Run run("a: error_rate < 1% after 2s");
  run.failed(10).second().failed(10).second();
  CHECK(run.result().verdict.state == ThresholdState::no_data);
  run.ok(10).second();
  CHECK(state_of(run) == ThresholdState::pass);
  Run late("a: error_rate < 1% after 2s");
  CHECK(state_of(late.second().second().failed(1).second()) == ThresholdState::fail);
  Run short_run("a: error_rate < 1% after 1m");
  CHECK(short_run.ok(5).second().finish().lacks_data());
}

TEST_CASE("judge: a window must hold whenever it is full, and the worst one is shown", "[unit]") {
  Run run("a: error_rate < 20% over last 3s");
  for (int i = 0; i < 5; ++i) run.ok(10).second();
  run.ok(5).failed(5).second();  // 5 of 30
  CHECK(run.result().verdict.state == ThresholdState::pass);
  CHECK(run.result().verdict.value == Approx(5.0 / 30));
  run.ok(5).failed(5).second();  // 10 of 30
  CHECK(run.result().now == ThresholdState::fail);
  for (int i = 0; i < 5; ++i) run.ok(10).second();
  const ThresholdResult& r = run.finish();
  CHECK(r.now == ThresholdState::pass);
  CHECK(r.verdict.state == ThresholdState::fail);
  CHECK(r.verdict.value == Approx(10.0 / 30));
  CHECK(r.at == 8s);  // 5 + 2 seconds, and one more: the next window has the same share
}

TEST_CASE("judge: a window forgets what is older than it", "[unit]") {
  Run run("a: count == 30 over last 3s");
  for (int i = 0; i < 20; ++i) {
    run.ok(10).second();
    CHECK(run.result().now == (i < 2 ? ThresholdState::no_data : ThresholdState::pass));
  }
  CHECK(run.finish().verdict.state == ThresholdState::pass);
}

TEST_CASE("judge: a run too short to fill a window is judged by what there is", "[unit]") {
  Run run("a: error_rate < 20% over last 1m");
  run.ok(5).failed(5).second();
  CHECK(run.result().verdict.state == ThresholdState::no_data);
  CHECK(state_of(run) == ThresholdState::fail);
}

TEST_CASE("judge: abort acts on a failure, but never on a window that is not full", "[unit]") {
  Run total("a: error_rate < 50% abort");
  CHECK_FALSE(total.ok(10).second().aborts());
  CHECK(total.failed(20).second().aborts());
  Run window("a: error_rate < 50% over last 3s after 2s abort");
  for (int i = 0; i < 4; ++i) CHECK_FALSE(window.failed(10).second().aborts());
  CHECK(window.failed(10).second().aborts());
  Run silent("a: error_rate < 50%");
  CHECK_FALSE(silent.failed(10).second().aborts());
}

TEST_CASE("judge: rates are per second of arrivals, the drain at the end left out", "[unit]") {
  Run run("a: rate >= 10/s");
  for (int i = 0; i < 4; ++i) run.ok(10).second();
  run.second(false).second(false);
  const ThresholdResult& r = run.finish();
  CHECK(r.verdict.value == Approx(10));
  CHECK(r.verdict.state == ThresholdState::pass);
}

TEST_CASE("judge: drops lower the served rate, of the run and of a step", "[unit]") {
  Run all("all: served_rate > 90%");
  CHECK(all.completed(80).dropped(20).second().finish().verdict.value == Approx(0.8));
  Run step("a: served_rate > 90%");
  const ThresholdResult& r = step.ok(60).failed(10).cut(10, 1s).dropped(20).second().finish();
  CHECK(r.verdict.value == Approx(0.6));
  CHECK(r.verdict.state == ThresholdState::fail);
}

TEST_CASE("judge: a selector sees its own step, all sees every step", "[unit]") {
  Run one("b: count == 0");
  CHECK(state_of(one.ok(5).second()) == ThresholdState::pass);
  Run all("all: count == 7");
  all.ok(5);
  all.id = 1;
  CHECK(state_of(all.ok(2).second()) == ThresholdState::pass);
}

TEST_CASE("judge: mails that were waited for in vain raise the delivery percentiles", "[unit]") {
  Run run("all: mail_delivery p95 < 30s");
  for (int i = 0; i < 90; ++i) run.recorder().mail({MailResult::in_time, MailFolder::inbox, 2s});
  CHECK(run.second().result().verdict.state == ThresholdState::pass);
  for (int i = 0; i < 10; ++i) run.recorder().mail({MailResult::lost, MailFolder::inbox, 120s});
  const ThresholdResult& r = run.second().finish();
  CHECK(r.verdict.state == ThresholdState::fail);
  CHECK(r.verdict.lower_bound);
  CHECK(r.verdict.value == 120.0);
}

TEST_CASE("judge: of mails that the mailbox hides either may be true, so what hangs on them is no data", "[unit]") {
  const auto run_with = [](const std::string& threshold, int in_time, int lost, int hidden) {
    Run run(threshold);
    for (int i = 0; i < in_time; ++i) run.recorder().mail({MailResult::in_time, MailFolder::inbox, 2s});
    for (int i = 0; i < lost; ++i) run.recorder().mail({MailResult::lost, MailFolder::inbox, 120s});
    for (int i = 0; i < hidden; ++i) run.recorder().mail({MailResult::hidden, MailFolder::inbox, 60s});
    return run.second().finish().verdict.state;
  };
  const std::string p90 = "all: mail_delivery p90 < 30s";
  CHECK(run_with(p90, 100, 0, 0) == ThresholdState::pass);
  CHECK(run_with(p90, 100, 0, 5) == ThresholdState::pass);
  CHECK(run_with(p90, 100, 0, 20) == ThresholdState::no_data);
  CHECK(run_with(p90, 0, 0, 20) == ThresholdState::no_data);
  CHECK(run_with(p90, 10, 90, 0) == ThresholdState::fail);
  CHECK(run_with(p90, 10, 90, 100) == ThresholdState::fail);
  CHECK(run_with(p90, 85, 15, 100) == ThresholdState::no_data);
  CHECK(run_with(p90, 0, 1, 1'000'000) == ThresholdState::no_data);
  CHECK(run_with("all: mail_delivery mean < 30s", 100, 0, 1) == ThresholdState::no_data);
  CHECK(run_with("all: mail_delivery max < 30s", 100, 0, 1) == ThresholdState::no_data);
}

TEST_CASE("judge: a person's time counts to the success of the journey, and from below where it did not come",
          "[unit]") {
  Run run("j: person_time p90 < 5m");
  for (int i = 0; i < 95; ++i) run.recorder().person(0, {PersonFate::succeeded, StepId{0}, ErrorClass::none, 1min});
  CHECK(run.second().result().verdict.state == ThresholdState::pass);
  for (int i = 0; i < 5; ++i) run.recorder().person(0, {PersonFate::left, StepId{0}, ErrorClass::none, 1h});
  CHECK(run.second().result().verdict.state == ThresholdState::pass);
  // People who gave up count as slower than everybody, even if they gave up sooner than others succeeded.
  for (int i = 0; i < 20; ++i) run.recorder().person(0, {PersonFate::lost, StepId{0}, ErrorClass::http_503, 1s});
  const ThresholdResult& r = run.second().finish();
  CHECK(r.verdict.state == ThresholdState::fail);
  CHECK(r.verdict.lower_bound);
  CHECK(r.verdict.value == to_seconds(kNever));
}

TEST_CASE("judge: phases have thresholds of their own", "[unit]") {
  Run run("a: phase tls p99 < 20ms");
  RequestSample request;
  request.phases[static_cast<std::size_t>(Phase::tls)] = 50ms;
  run.recorder().request(0, request);
  CHECK(state_of(run.second()) == ThresholdState::fail);
}

// Visits under way --------------------------------------------------------------------------------------

TEST_CASE("judge: a target that falls silent fails a percentile of the last seconds while it hangs", "[unit]") {
  Run run("all: response_time p95 < 1s over last 5s abort");
  for (int i = 0; i < 10; ++i) run.ok(50).second();
  CHECK(run.result().now == ThresholdState::pass);
  int seconds = 0;
  for (; !run.aborts() && seconds < 10; ++seconds) {
    static_cast<void>(run.begin(50));
    run.second();
  }
  CHECK(run.aborts());
  CHECK(seconds <= 3);
  CHECK(run.result().verdict.lower_bound);
  CHECK(*run.result().verdict.value >= 1);
}

TEST_CASE("judge: in a window whoever waits for longer than it has failed", "[unit]") {
  Run run("all: error_rate < 1% over last 5s abort");
  for (int i = 0; i < 6; ++i) run.ok(10).second();
  const auto waiting = run.begin(20);
  for (int i = 0; i < 5; ++i) run.second();
  CHECK_FALSE(run.aborts());  // they wait for exactly five seconds
  run.second();
  CHECK(run.aborts());
  CHECK(run.result().verdict.value == 1.0);
  CHECK(run.result().verdict.samples == 20);
}

TEST_CASE("judge: in a window whoever waits for longer than the step's tightest latency has failed", "[unit]") {
  const std::string limits =
      GENERATE("a: response_time p95 < 2s", "all: service_time max <= 2s", "all: service_time p90 < 2s");
  Run run("a: error_rate < 10% over last 10s", {limits, "a: response_time p99 < 9s", "b: response_time p50 < 10ms"});
  for (int i = 0; i < 10; ++i) run.ok(3).second();
  CHECK(run.result().now == ThresholdState::pass);
  static_cast<void>(run.begin(5));
  run.second().second();
  CHECK(run.result().now == ThresholdState::pass);
  run.second();
  CHECK(run.result().now == ThresholdState::fail);
  // The following windows hold fewer finished steps.
  CHECK(run.result().verdict.value == Approx(5.0 / (5 + 21)));
}

TEST_CASE("judge: what half of all may exceed is nobody's limit, nor is that of all a step's with one of its own",
          "[unit]") {
  const std::string other = GENERATE("a: response_time p50 < 1s", "a: response_time mean < 1s",
                                     "a: response_time min < 1s", "all: response_time p95 < 1s");
  Run run("a: error_rate < 10% over last 10s", {other, "a: response_time p99 < 9s"});
  for (int i = 0; i < 10; ++i) run.ok(3).second();
  static_cast<void>(run.begin(5));
  run.second().second().second();
  CHECK(run.result().now == ThresholdState::pass);
}

TEST_CASE("judge: whoever is overdue is not served", "[unit]") {
  for (const char* text : {"a: served_rate > 90% over last 5s abort", "all: served_rate > 90% over last 5s abort"}) {
    CAPTURE(text);
    Run run(text, {"all: response_time p95 < 2s"});
    for (int i = 0; i < 6; ++i) run.ok(10).completed(10).second();
    CHECK(run.result().now == ThresholdState::pass);
    static_cast<void>(run.begin(20));
    run.second().second().second();
    CHECK(run.aborts());
  }
}

TEST_CASE("judge: who was overdue is counted once, as what it became and where it ended", "[unit]") {
  Run run("a: error_rate < 50% over last 5s", {"a: response_time p95 < 2s"});
  for (int i = 0; i < 5; ++i) run.ok(10).second();
  const auto waiting = run.begin(10);
  for (int i = 0; i < 4; ++i) run.second();
  CHECK(run.result().now == ThresholdState::fail);
  run.end(waiting, {4s, 4s, Outcome::success, ErrorClass::none});
  run.ok(10).second();
  // In the last five seconds: ten late ones and ten in time.
  CHECK(run.result().now == ThresholdState::pass);
}

TEST_CASE("judge: without a window the latencies of those under way count from below", "[unit]") {
  Run run("a: response_time p95 < 1s abort");
  run.ok(10).second();
  const auto waiting = run.begin(10);
  run.second();
  CHECK_FALSE(run.aborts());
  run.second();
  CHECK(run.aborts());
  // At the end of the run every visit has ended in some way.
  run.end(waiting, {2500ms, 2500ms, Outcome::interrupted, ErrorClass::none});
  const ThresholdResult& r = run.second().finish();
  CHECK(r.verdict.state == ThresholdState::fail);
  CHECK(r.verdict.samples == 20);
}

TEST_CASE("judge: pauses inside a step are nobody's delay", "[unit]") {
  Run run("a: error_rate < 1% over last 3s abort");
  for (int i = 0; i < 4; ++i) run.ok(10).second();
  const auto thinking = run.begin(10);
  for (const auto visit : thinking) run.recorder().paused(visit, kStart + 4s, TimePoint::max());
  for (int i = 0; i < 9; ++i) run.ok(10).second();
  CHECK_FALSE(run.aborts());
  for (const auto visit : thinking) run.recorder().resumed(visit, kStart + 13s);
  for (int i = 0; i < 3; ++i) run.ok(10).second();
  CHECK_FALSE(run.aborts());
  run.second();
  CHECK(run.aborts());
}

TEST_CASE("judge: at the limit counts decide, though some are under way", "[unit]") {
  Run run("a: response_time p90 < 500ms over last 5s");
  for (int i = 0; i < 5; ++i) run.ok(91, 499ms).ok(9, 501ms).second();
  CHECK(run.result().verdict.state == ThresholdState::pass);
  CHECK_FALSE(run.result().verdict.within_error);
  static_cast<void>(run.begin(2));
  run.ok(91, 499ms).ok(9, 501ms).second();
  CHECK(run.result().verdict.state == ThresholdState::pass);
  CHECK_FALSE(run.result().verdict.within_error);
}
