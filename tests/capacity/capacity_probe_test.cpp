// How the search reads a probe's run, and what the report says about it.
#include "capacity/prober.hpp"
#include "capacity/report_text.hpp"
#include "capacity/result_json.hpp"
#include "capacity/search.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::capacity;
using namespace std::chrono_literals;

namespace {

// A target on a fake clock that serves `capacity` a second. Above that rate a queue grows, and the target serves the
// queue in the pauses.
class QueueingTarget {
 public:
  QueueingTarget(double capacity, Duration limit) : capacity_(capacity), limit_(to_seconds(limit)) {}

  ProbeResult play(const ProbeOrder& order) {
    ProbeResult result;
    result.order = order;
    const double length = to_seconds(order.length);
    queue_ = std::max(0.0, queue_ + (order.rate - capacity_) * length);
    clock_.advance(order.length);
    const double wait = queue_ / capacity_;
    result.mean = result.figure = Estimate{from_seconds(0.02 + wait), false};
    result.served = std::min(order.rate, capacity_);
    result.achieved = order.rate;
    result.run = "r";
    if (wait <= limit_) {
      result.verdict = ProbeVerdict::held;
    } else {
      result.verdict = wait > 4 * limit_ ? ProbeVerdict::collapsed : ProbeVerdict::broken;
      result.why = "all: response_time p95 < 100ms";
    }
    return result;
  }
  bool pause(Duration length) {
    pauses.push_back(length);
    clock_.advance(length);
    queue_ = std::max(0.0, queue_ - capacity_ * to_seconds(length));
    return true;
  }
  std::vector<Duration> pauses;
  [[nodiscard]] TimePoint now() const { return clock_.now(); }

 private:
  double capacity_;
  double limit_;
  double queue_ = 0;
  test::FakeClock clock_;
};

SearchSettings settings_to(double max_rate, Duration cool_down = 5s) {
  SearchSettings settings;
  settings.options.min_rate = 1;
  settings.options.max_rate = max_rate;
  settings.probe = 20s;
  settings.warm_up = 3s;
  settings.cool_down = cool_down;
  return settings;
}

SearchResult search_in(QueueingTarget& target, const SearchSettings& settings) {
  return search(settings, {[&](const ProbeOrder& order, const SearchAnswer&) { return target.play(order); },
                           [&](Duration length) { return target.pause(length); }});
}

Summary summary_with(std::vector<ExitReason> reasons) {
  Summary summary;
  summary.exit_reasons = std::move(reasons);
  summary.run.arrivals_took = 23s;
  summary.arrivals.achieved_rate = 40;
  summary.arrivals.completed = 460;
  return summary;
}

ThresholdResult slo_in(ThresholdState state) {
  ThresholdResult result{parse_threshold("all: error_rate < 1% after 3s").value(), {}, state, {}};
  result.verdict.state = state;
  return result;
}

ProbeResult judged(const Summary& summary, const std::optional<std::string>& cut_short = {}) {
  ProbeResult probe;
  probe.order = {4, 40, false, 23s};
  ProberOptions options;
  options.slos = {"all: error_rate < 1%"};
  options.warm_up = 3s;
  judge_probe(probe, summary, options, cut_short);
  return probe;
}

}  // namespace

TEST_CASE("find-max: the capacity of a queueing target is found within the precision", "[unit][capacity]") {
  for (const double capacity : {7.0, 55.0, 430.0}) {
    QueueingTarget target(capacity, 100ms);
    const SearchResult result = search_in(target, settings_to(1000));
    CHECK(result.answer.end == SearchEnd::found);
    REQUIRE(result.answer.held);
    CHECK(*result.answer.held == Approx(capacity).epsilon(0.06));
    REQUIRE(result.answer.interval);
    CHECK(result.answer.interval->low <= capacity);
    CHECK(result.answer.interval->high >= capacity);
    CHECK(verdict_of(result).exit_code == 0);
  }
}

TEST_CASE("find-max: probes are as long as asked, a recovery's half as long, and each is followed by a pause",
          "[unit][capacity]") {
  QueueingTarget target(55, 100ms);
  const TimePoint begin = target.now();
  const SearchResult result = search_in(target, settings_to(1000, 40s));
  Duration played{};
  bool recovered = false;
  for (std::size_t i = 0; i < result.probes.size(); ++i) {
    const ProbeOrder& order = result.probes[i].order;
    CHECK(order.number == i + 1);
    CHECK(order.length == (order.recovery ? 13s : 23s));
    CHECK((!order.recovery || order.rate == 1));
    recovered |= order.recovery;
    played += order.length;
  }
  CHECK(recovered);
  CHECK(target.pauses == std::vector<Duration>(result.probes.size() - 1, 40s));
  CHECK(target.now() - begin == played + 40s * (result.probes.size() - 1));
}

TEST_CASE("find-max: a search that is stopped, in a probe or in a pause, keeps what is known", "[unit][capacity]") {
  const bool in_pause = GENERATE(true, false);
  QueueingTarget target(55, 100ms);
  SearchHooks hooks;
  hooks.play = [&](const ProbeOrder& order, const SearchAnswer&) {
    ProbeResult probe = target.play(order);
    if (!in_pause && order.number == 4) probe.ends_search = ExitReason{ExitCause::stopped, "stopped by a signal"};
    return probe;
  };
  hooks.pause = [&](Duration length) { return target.pause(length) && !(in_pause && target.pauses.size() == 3); };
  const SearchResult result = search(settings_to(1000), hooks);
  CHECK(result.probes.size() == (in_pause ? 3 : 4));
  CHECK(result.curve.size() == 3);  // a stopped probe does not count
  REQUIRE(result.answer.held);
  CHECK(*result.answer.held == 4);
  const SearchVerdict verdict = verdict_of(result);
  CHECK(verdict.exit_code == 105);
  CHECK(verdict.text == "stopped by a signal; until then: held 4.00/s");
}

TEST_CASE("find-max: what fails at the lowest rate or never fails is one clear line", "[unit][capacity]") {
  QueueingTarget weak(0.5, 100ms);
  const SearchVerdict fails = verdict_of(search_in(weak, settings_to(1000)));
  CHECK(fails.exit_code == 99);
  CHECK(fails.text == "all: response_time p95 < 100ms fails already at the lowest rate, 1.00/s: lower --min-rate");
  QueueingTarget strong(5000, 100ms);
  const SearchVerdict never = verdict_of(search_in(strong, settings_to(50)));
  CHECK(never.exit_code == 113);
  CHECK(never.text == "no objective fails up to --max-rate, 50.0/s: raise it");
}

TEST_CASE("find-max: the generator's own limit is said to be that", "[unit][capacity]") {
  const SearchResult result =
      search(settings_to(100), {[](const ProbeOrder& order, const SearchAnswer&) {
                                  ProbeResult probe;
                                  probe.order = order;
                                  probe.verdict = order.rate < 4 ? ProbeVerdict::held : ProbeVerdict::invalid;
                                  if (order.rate >= 4) probe.why = "busy";
                                  return probe;
                                },
                                [](Duration) { return true; }});
  const SearchVerdict verdict = verdict_of(result);
  CHECK(verdict.exit_code == 111);
  CHECK(verdict.text == "the generator is the limit at 4.00/s, not the target: busy; until then: held 2.00/s");
}

TEST_CASE("find-max: a probe's run is judged by its objectives, vetoed by validity alone", "[unit][capacity]") {
  Summary held = summary_with({});
  held.thresholds = {slo_in(ThresholdState::pass)};
  CHECK(judged(held).verdict == ProbeVerdict::held);
  CHECK(judged(held).served == Approx(20));
  CHECK(judged(held).slos.front().threshold.expression == "all: error_rate < 1%");

  Summary broken = summary_with({{ExitCause::failed, "a threshold"}});
  broken.thresholds = {slo_in(ThresholdState::fail)};
  CHECK(judged(broken).verdict == ProbeVerdict::broken);
  CHECK(judged(broken).why == "all: error_rate < 1%");
  broken.steps.emplace_back();
  broken.steps.back().errors[static_cast<std::size_t>(ErrorClass::tcp_refused)] = 3;
  CHECK(judged(broken).why == "all: error_rate < 1% (mostly tcp_refused)");
  broken.exit_reasons.push_back({ExitCause::invalid_run, "lag"});
  CHECK(judged(broken).verdict == ProbeVerdict::invalid);
  CHECK(judged(broken).why == "lag");

  Summary unknown = summary_with({{ExitCause::no_data, "none"}});
  unknown.thresholds = {slo_in(ThresholdState::no_data)};
  CHECK(judged(unknown).verdict == ProbeVerdict::no_data);

  // A conformance row is not an objective.
  Summary other = summary_with({{ExitCause::failed, "a conformance row"}});
  other.thresholds = {slo_in(ThresholdState::pass)};
  CHECK(judged(other).verdict == ProbeVerdict::held);
}

TEST_CASE("find-max: exhausted users are the objective broken, even where validity would veto", "[unit][capacity]") {
  Summary summary = summary_with({{ExitCause::invalid_run, "lag"}});
  summary.thresholds = {slo_in(ThresholdState::pass)};
  summary.arrivals.dropped[static_cast<std::size_t>(DropReason::users_exhausted)] = 3;
  CHECK(judged(summary).verdict == ProbeVerdict::collapsed);
}

TEST_CASE("find-max: a probe that is cut before its middle settles its level, later it is one vote",
          "[unit][capacity]") {
  Summary summary = summary_with({{ExitCause::failed, "cut"}});
  summary.thresholds = {slo_in(ThresholdState::fail)};
  summary.run.arrivals_took = 12s;
  CHECK(judged(summary, "x").verdict == ProbeVerdict::collapsed);
  summary.run.arrivals_took = 14s;
  CHECK(judged(summary, "x").verdict == ProbeVerdict::broken);
  CHECK(judged(summary, "x").cut_short);
  CHECK_FALSE(judged(summary, "x").served);
}

TEST_CASE("find-max: a signal, a refusal and a script's fault end the search", "[unit][capacity]") {
  for (const ExitCause cause :
       {ExitCause::stopped, ExitCause::refused, ExitCause::script_error, ExitCause::configuration}) {
    const ProbeResult probe = judged(summary_with({{ExitCause::failed, "a threshold"}, {cause, "why"}}));
    REQUIRE(probe.ends_search);
    CHECK(probe.ends_search->cause == cause);
  }
}

TEST_CASE("find-max: a probe is a run of its own, with a seed of its own and the objectives as thresholds",
          "[unit][capacity]") {
  test::TemporaryDirectory directory;
  std::ofstream(directory.file("s.lua")) << R"(
local one = step "one"
return scenario {
  journeys = { visit = { steps = { one }, run = function() one(function() end) end } },
  loads = { smoke = constant_rate { rate = "1/s", duration = "1s" } },
  thresholds = { "all: error_rate < 50% abort" },
}
)";
  ProberOptions options;
  options.run.scenario = directory.file("s.lua");
  options.run.target = "http://127.0.0.1:1";
  options.slos = {"one: response_time p95 < 123ms", "all: error_rate < 1% after 1s", "one: error_rate < 1% after 0s"};
  options.warm_up = 2500ms;
  const auto plan = plan_probe(options, {3, 12.3456789012345, false, 22500ms});
  REQUIRE(plan.has_value());
  const PreparedRun& run = plan.value().run;
  CHECK(run.plan.load.intensity.total() == Approx(22.5 * 12.3456789012345));
  CHECK(run.plan.load.name == "find-max 12.3/s");
  REQUIRE(run.thresholds.size() == 3);
  CHECK(run.thresholds[0].after == 2500ms);
  CHECK(run.thresholds[1].after == 1s);
  CHECK(run.thresholds[2].after == 0s);
  CHECK(run.layout->boundaries->find(123ms));
  // The thresholds of the request that repeats the run are the same.
  const auto again = parse_threshold(plan.value().request.thresholds[0]);
  REQUIRE(again.has_value());
  CHECK(again.value().after == 2500ms);
  REQUIRE(parse_threshold(plan.value().request.thresholds[2]).has_value());

  std::set<std::uint64_t> seeds;
  for (std::size_t i = 1; i <= 100; ++i) seeds.insert(probe_seed(7, i));
  CHECK(seeds.size() == 100);
  CHECK(*seeds.rbegin() <= kSeedMask);
  CHECK(run.plan.settings.seed == probe_seed(0, 3));

  for (const char* backwards : {"one: response_time p95 > 123ms", "all: error_rate >= 1%", "all: served_rate < 99%"}) {
    options.slos = {backwards};
    const auto refused = plan_probe(options, {1, 1, false, 5s});
    REQUIRE(refused.has_error());
    CHECK(refused.error().message ==
          "--slo '" + std::string(backwards) + "': more load cannot break it: is the comparison sign reversed?");
  }

  options.slos = {"two: response_time p95 < 123ms"};
  const auto bad = plan_probe(options, {1, 1, false, 5s});
  REQUIRE(bad.has_error());
  CHECK(bad.error().message.starts_with("--slo: "));
  CHECK(bad.error().message.find("after") == std::string::npos);
}

TEST_CASE("find-max: table, curve, knee and answer fit a terminal of 80 columns", "[unit][capacity]") {
  QueueingTarget target(55, 100ms);
  SearchResult result = search_in(target, settings_to(1000));
  for (ProbeResult& probe : result.probes) probe.slos = {slo_in(ThresholdState::no_data)};
  ChartStyle style;
  style.width = 80;
  const std::string text = result_text(result, {"all: response_time p95 < 100ms"},
                                       parse_threshold("all: response_time p95 < 1s").value(), style);
  INFO(text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
  CHECK(text.find("<- knee") != std::string::npos);
  CHECK(text.find("Knee: ") != std::string::npos);
  CHECK(text.find("Answer: held 5") != std::string::npos);
  CHECK(text.find("Broken: all: response_time p95 < 100ms") != std::string::npos);
}

TEST_CASE("find-max: the JSON says what the text says", "[unit][capacity]") {
  QueueingTarget target(55, 100ms);
  const SearchSettings settings = settings_to(1000);
  const SearchResult result = search_in(target, settings);
  ProberOptions options;
  options.search = "s";
  options.slos = {"all: response_time p95 < 100ms"};
  const auto parsed = boost::json::parse(result_json(result, settings, options));
  CHECK(parsed.at("schema") == "gelombang.find-max/1");
  CHECK(parsed.at("end") == "found");
  CHECK(parsed.at("exit_code") == 0);
  CHECK(parsed.at("held_rate").as_double() == *result.answer.held);
  CHECK(parsed.at("probes").as_array().size() == result.probes.size());
  CHECK(parsed.at("probes").at(0).at("verdict") == "held");
  const auto& curve = parsed.at("curve").as_array();
  CHECK(std::count_if(curve.begin(), curve.end(), [](const auto& l) { return l.at("knee").as_bool(); }) == 1);
}
