// The results that each stage must give, and their tolerance. A delay is never measured shorter than it was. It may be
// longer by 5 % or 20 ms, whichever is more, and by the delay that the machine's scheduler added at that time: twice,
// for the server's timer and for us. A separate check says that the scheduler adds no more than a tenth of a second.
#include "selftest/stage.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace gelombang::selftest {
namespace {

using namespace std::chrono_literals;

constexpr double kHistogramError = 0.012;  // of a percentile: 1.1 %
constexpr auto kStall = static_cast<std::size_t>(DropReason::generator_stall);

// Collects the checks of one stage.
class Checks {
 public:
  Checks(std::string stage, const StageFigures& figures)
      : slack(0.02 + 2 * to_seconds(figures.scheduler.p99)),
        hiccup(to_seconds(figures.scheduler.max)),
        stage_(std::move(stage)) {}

  // In seconds. slack: the tolerance of most figures. hiccup: the longest delay of the scheduler.
  const double slack;
  const double hiccup;

  void exactly(std::string what, std::uint64_t value, std::uint64_t expected) {
    const auto wanted = static_cast<double>(expected);
    add({stage_, std::move(what), Unit::count, wanted, wanted, static_cast<double>(value)});
  }
  void between(std::string what, std::uint64_t value, double low, double high) {
    add({stage_, std::move(what), Unit::count, low, high, static_cast<double>(value)});
  }
  void yes(std::string what, bool value) { add({stage_, std::move(what), Unit::yes, 1, 1, value ? 1.0 : 0.0}); }
  void between(std::string what, const std::optional<Estimate>& value, double low, double high) {
    add({stage_, std::move(what), Unit::seconds, low, high, value ? to_seconds(value->value) : std::nan("")});
  }
  // A known delay.
  void delay(std::string what, const std::optional<Estimate>& value, Duration known) {
    const double seconds = to_seconds(known);
    between(std::move(what), value, seconds * (1 - kHistogramError), seconds + std::max(seconds * 0.05, slack));
  }
  void at_most(std::string what, const std::optional<Estimate>& value, double high) {
    between(std::move(what), value, 0, high);
  }
  // Every planned arrival began, and the server saw exactly the requests that we report.
  void arrivals(const StageFigures& figures, std::uint64_t planned) {
    exactly("arrivals planned", figures.summary.arrivals.planned, planned);
    exactly("arrivals started", figures.summary.arrivals.started, planned);
    requests(figures, 0);
  }
  void requests(const StageFigures& figures, std::uint64_t never_reached_it) {
    std::uint64_t sent = 0;
    for (const Summary::Step& step : figures.summary.steps) sent += step.requests;
    exactly("requests, as the server counted them", sent - std::min(sent, never_reached_it), figures.server_requests);
  }
  std::vector<Check> done() && { return std::move(checks_); }

 private:
  void add(Check check) { checks_.push_back(std::move(check)); }

  std::string stage_;
  std::vector<Check> checks_;
};

const Summary::Step& step_of(const StageFigures& figures, std::string_view name) {
  const auto& steps = figures.summary.steps;
  return *std::find_if(steps.begin(), steps.end(), [name](const Summary::Step& step) { return step.name == name; });
}

const DurationFigures& phase_of(const StageFigures& figures, std::string_view step, Phase phase) {
  return step_of(figures, step).phases[static_cast<std::size_t>(phase)];
}

std::optional<Estimate> estimate(Duration value) { return Estimate{value, false}; }

// The most requests that the server saw in any period of `length`, from `begin` on.
std::uint64_t most_within(const StageFigures& figures, Duration begin, Duration length) {
  std::uint64_t most = 0;
  const auto& times = figures.server_times;
  auto first = std::lower_bound(times.begin(), times.end(), figures.epoch + begin);
  for (auto last = first; last != times.end(); ++last) {
    while (*last - *first >= length) ++first;
    most = std::max(most, static_cast<std::uint64_t>(last - first) + 1);
  }
  return most;
}

std::vector<Check> check_delays(const StageFigures& figures) {
  Checks checks("delays", figures);
  const Summary::Step& step = step_of(figures, "answer");
  checks.arrivals(figures, 240);
  checks.exactly("failures", step.failures, 0);
  checks.delay("response time p50", step.response_time.p50, 20ms);
  checks.delay("response time p90", step.response_time.p90, 60ms);
  checks.delay("response time p99", step.response_time.p99, 150ms);
  checks.delay("service time p50", step.service_time.p50, 20ms);
  checks.delay("service time p99", step.service_time.p99, 150ms);
  checks.at_most("schedule lag p99", figures.summary.schedule_lag.p99, checks.slack);
  return std::move(checks).done();
}

std::vector<Check> check_errors(const StageFigures& figures) {
  constexpr std::array<std::pair<std::string_view, ErrorClass>, 8> kExpected{{
      {"refused", ErrorClass::tcp_refused},
      {"reset", ErrorClass::reset},
      {"closed", ErrorClass::empty_reply},
      {"partial", ErrorClass::partial},
      {"garbage", ErrorClass::protocol},
      {"silent", ErrorClass::wait_timeout},
      {"unavailable", ErrorClass::http_503},
      {"missing", ErrorClass::http_404},
  }};
  Checks checks("errors", figures);
  for (const auto& [step, error] : kExpected) {
    checks.exactly(std::string(step) + " is " + std::string(name(error)),
                   step_of(figures, step).errors[static_cast<std::size_t>(error)], 12);
  }
  checks.delay("a timeout of 250 ms", step_of(figures, "silent").failure_time.p50, 250ms);
  checks.requests(figures, 12);
  return std::move(checks).done();
}

std::vector<Check> check_phases(const StageFigures& figures) {
  Checks checks("phases", figures);
  checks.delay("wait, for a slow answer", phase_of(figures, "wait", Phase::wait).p50, kDelay);
  checks.delay("receive, of a slow body", phase_of(figures, "receive", Phase::receive).p50, kSlowBody);
  checks.delay("send, to a slow reader", phase_of(figures, "send", Phase::send).p50, kSlowReader);
  checks.at_most("wait, after a slow reader", phase_of(figures, "send", Phase::wait).p50, checks.slack);
  checks.at_most("receive, of a slow answer", phase_of(figures, "wait", Phase::receive).p50, checks.slack);
  checks.requests(figures, 0);
  return std::move(checks).done();
}

// 100 arrivals a second for 4 s. Arrivals in the freeze wait between zero and all of it, evenly distributed.
std::vector<Check> check_freeze(const StageFigures& figures) {
  Checks checks("freeze", figures);
  const Summary::Step& step = step_of(figures, "answer");
  const double frozen = to_seconds(figures.frozen);
  checks.arrivals(figures, 400);
  checks.between("response time max", step.response_time.max, frozen - 0.02, frozen + 0.1 + checks.hiccup);
  checks.between("response time p99", step.response_time.p99, frozen - 0.08, frozen + 0.1 + checks.slack);
  checks.between("response time p90", step.response_time.p90, frozen - 0.45, frozen - 0.35 + checks.slack);
  checks.between("service time p99, the same", step.service_time.p99, frozen - 0.1, frozen + 0.1 + checks.slack);
  checks.at_most("schedule lag p99", figures.summary.schedule_lag.p99, checks.slack);
  return std::move(checks).done();
}

constexpr Duration kCappedStall = 600ms;
constexpr Duration kOtherStall = 500ms;

// At a fifth above the pace, 0.6 s are caught up after 3 s.
std::vector<Check> check_capped(const StageFigures& figures) {
  Checks checks("capped", figures);
  const Summary::Step& step = step_of(figures, "answer");
  const GeneratorHealth& health = figures.summary.run.generator.health;
  const double stalled = to_seconds(kCappedStall);
  checks.arrivals(figures, 500);
  checks.between("response time max", step.response_time.max, stalled - 0.03, stalled + 0.1 + checks.hiccup);
  checks.between("schedule lag max", figures.summary.schedule_lag.max, stalled - 0.03, stalled + 0.1 + checks.hiccup);
  checks.at_most("service time p99, untouched", step.service_time.p99, 0.03 + checks.slack);
  checks.between("the longest stall, as the generator saw it", estimate(health.longest_stall), stalled - 0.03,
                 stalled + 0.1 + checks.hiccup);
  checks.between("arrivals late by more than 100 ms", health.late_arrivals, 270, 360 + 600 * checks.hiccup);
  checks.between("most in half a second after it, for the server", most_within(figures, 900ms, 500ms), 50,
                 70 + 100 * checks.hiccup);
  return std::move(checks).done();
}

std::vector<Check> check_burst(const StageFigures& figures) {
  Checks checks("burst", figures);
  checks.arrivals(figures, 150);
  checks.between("most in a tenth of a second, for the server", most_within(figures, 0ms, 100ms), 45, 150);
  return std::move(checks).done();
}

std::vector<Check> check_skip(const StageFigures& figures) {
  Checks checks("skip", figures);
  const Summary::Arrivals& arrivals = figures.summary.arrivals;
  checks.exactly("arrivals started or dropped", arrivals.started + arrivals.dropped[kStall], 150);
  checks.between("arrivals dropped for the stall", arrivals.dropped[kStall], 36, 44 + 100 * checks.hiccup);
  checks.requests(figures, 0);
  checks.yes("the run is called invalid", figures.summary.validity.state == ValidityState::invalid);
  return std::move(checks).done();
}

std::vector<Check> check_censoring(const StageFigures& figures) {
  Checks checks("censoring", figures);
  const Summary::Step& step = step_of(figures, "answer");
  checks.arrivals(figures, 21);
  checks.exactly("completed", figures.summary.arrivals.completed, 14);
  checks.exactly("cut by the end", figures.summary.arrivals.interrupted, 7);
  checks.exactly("failures", step.failures, 0);
  checks.at_most("response time p50", step.response_time.p50, checks.slack);
  checks.yes("p50 is known", step.response_time.p50 && !step.response_time.p50->lower_bound);
  checks.yes("p90 is a lower bound", step.response_time.p90 && step.response_time.p90->lower_bound);
  return std::move(checks).done();
}

constexpr double kSchedulerLimit = 0.1;  // seconds: what degrades a run whose thresholds are about a second

Disturbance stall(Duration at, Duration length) { return {Disturbance::Kind::stall, at, length}; }

}  // namespace

Check scheduler_check(Duration worst_p99) {
  return {"machine", "its scheduler's delay, p99", Unit::seconds, 0, kSchedulerLimit, to_seconds(worst_p99)};
}

std::vector<Stage> all_stages() {
  return {
      {"delays", "answers after known delays", CatchUp::capped, 5s, {}, check_delays},
      {"errors", "every way to fail", CatchUp::capped, 5s, {}, check_errors},
      {"phases", "where the time of a request goes", CatchUp::capped, 5s, {}, check_phases},
      {"freeze", "the server stalls for a second", CatchUp::capped, 5s,
       Disturbance{Disturbance::Kind::freeze, 1500ms, 1s}, check_freeze},
      {"capped", "the generator stalls, and catches up at 1.2 times the rate", CatchUp::capped, 5s,
       stall(1s, kCappedStall), check_capped},
      {"burst", "the generator stalls, and catches up at once", CatchUp::burst, 5s, stall(500ms, kOtherStall),
       check_burst},
      {"skip", "the generator stalls, and skips the missed arrivals", CatchUp::skip, 5s, stall(500ms, kOtherStall),
       check_skip},
      {"censoring", "requests that the end of the run cuts off", CatchUp::capped, 300ms, {}, check_censoring},
  };
}

}  // namespace gelombang::selftest
