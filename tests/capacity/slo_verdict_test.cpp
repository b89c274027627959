#include "capacity/slo_verdict.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <string>

using namespace gelombang;
using namespace gelombang::capacity;
using namespace std::chrono_literals;

namespace {

// A probe of twenty seconds, two of them warm-up, fed second by second. It has one journey with two steps.
class Probe {
 public:
  explicit Probe(std::vector<std::string> slos)
      : slos_(parse(slos)),
        layout_(make_layout(catalog(), LatencyBoundaries::with(latency_limits(slos_)).value())),
        recorder_(layout_),
        verdict_(slos_, layout_, 20s, 2s) {}

  Probe& arrive(int n) {
    for (int i = 0; i < n; ++i) recorder_.iteration_started(0, 0s);
    return *this;
  }
  Probe& ok(int n, Duration response) { return step(n, {response, response, Outcome::success, ErrorClass::none}); }
  Probe& failed(int n) { return step(n, {1ms, 1ms, Outcome::failure, ErrorClass::http_500}); }
  Probe& dropped(DropReason reason) {
    recorder_.iteration_dropped(0, reason);
    return *this;
  }
  Probe& seconds(int n = 1) {
    for (int i = 0; i < n; ++i) {
      const Snapshot delta = recorder_.take();
      verdict_.add(Interval{now_, now_ + 1s, 0, {}, ValidityState::valid, 0, delta});
      now_ += 1s;
    }
    return *this;
  }
  [[nodiscard]] std::string broken() const { return verdict_.broken().value_or(""); }
  [[nodiscard]] const SloVerdict& verdict() const { return verdict_; }

 private:
  static Catalog catalog() { return {{"j"}, {{0, "a"}, {0, "b"}}}; }
  static std::vector<Threshold> parse(const std::vector<std::string>& texts) {
    return parse_thresholds(texts, catalog()).value();
  }
  Probe& step(int n, const StepSample& sample) {
    for (int i = 0; i < n; ++i) recorder_.step(0, sample);
    return *this;
  }

  std::vector<Threshold> slos_;
  std::shared_ptr<const MetricsLayout> layout_;
  Recorder recorder_;
  SloVerdict verdict_;
  Duration now_{};
};

const std::string kLatency = "a: response_time p90 < 100ms after 2s";
const std::string kErrors = "all: error_rate < 10% after 2s";

}  // namespace

TEST_CASE("slo verdict: a percentile is broken for good once more is slow than it allows in all", "[unit][capacity]") {
  Probe probe({kLatency});
  probe.arrive(10).ok(10, 500ms).seconds(2);
  CHECK(probe.broken().empty());  // in the warm-up
  // 10 a second for 18 s: 180, of which 18 may be slow.
  probe.arrive(10).ok(10, 500ms).seconds();
  CHECK(probe.broken().empty());
  probe.arrive(10).ok(8, 500ms).ok(2, 50ms).seconds();
  CHECK(probe.broken().empty());
  probe.arrive(10).ok(1, 500ms).ok(9, 50ms).seconds();
  CHECK(probe.broken() == kLatency);
}

TEST_CASE("slo verdict: answers that are still out count as answers to come", "[unit][capacity]") {
  Probe probe({kLatency});
  probe.seconds(2);
  // Of 10 arrivals only 3 have a response, all slow. Without the others they would be a share of 100 %.
  probe.arrive(10).ok(3, 500ms).seconds();
  CHECK(probe.broken().empty());
}

TEST_CASE("slo verdict: an error rate is broken for good likewise", "[unit][capacity]") {
  Probe probe({kErrors});
  probe.seconds(2);
  probe.arrive(10).failed(10).seconds();
  CHECK(probe.broken().empty());
  probe.arrive(10).failed(9).ok(1, 1ms).seconds();
  CHECK(probe.broken() == kErrors);
}

TEST_CASE("slo verdict: what stays within its allowance goes on to the end", "[unit][capacity]") {
  Probe probe({kLatency, kErrors, "all: served_rate > 80%", "a: response_time mean < 1us", "all: count > 1000000"});
  for (int i = 0; i < 20; ++i) {
    probe.arrive(20).failed(1).ok(1, 500ms).ok(18, 50ms).seconds();
    REQUIRE(probe.broken().empty());
  }
}

TEST_CASE("slo verdict: a target that keeps every user busy or answers nothing is broken", "[unit][capacity]") {
  Probe busy({kErrors});
  busy.dropped(DropReason::generator_stall).seconds();
  CHECK(busy.broken().empty());
  busy.dropped(DropReason::users_exhausted).seconds();
  CHECK(busy.broken() == "users_exhausted: 1 arrivals found no free user");

  Probe silent({kErrors});
  silent.arrive(30).ok(30, 1ms).seconds();
  silent.arrive(30).seconds().arrive(30).seconds();
  CHECK(silent.broken().empty());
  silent.arrive(30).seconds();
  CHECK(silent.broken() == "no answer: nothing has finished for 3.00 s");

  Probe rare({kErrors});
  rare.arrive(5).seconds(6);
  CHECK(rare.broken().empty());
}

TEST_CASE("slo verdict: the curve shows the first objective on a time, without the warm-up", "[unit][capacity]") {
  Probe probe({kErrors, kLatency});
  probe.ok(10, 2s).seconds(2);
  probe.ok(10, 40ms).seconds();
  REQUIRE(probe.verdict().curve_figure());
  CHECK(to_seconds(probe.verdict().curve_figure()->value) == Approx(0.04).epsilon(0.02));
  CHECK(to_seconds(probe.verdict().curve_mean()->value) == Approx(0.04));
  CHECK(SloVerdict::curve_metric({}).quantile == 0.95);
  CHECK(SloVerdict::curve_metric({parse_threshold(kErrors).value(), parse_threshold(kLatency).value()}).quantile ==
        0.9);
}
