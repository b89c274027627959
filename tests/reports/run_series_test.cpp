#include "reports/run_series.hpp"

#include "metrics/recorder.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const MetricsLayout> two_steps() {
  Catalog catalog;
  catalog.journeys = {"login"};
  catalog.steps = {{0, "open page"}, {0, "log in"}};
  return make_layout(std::move(catalog));
}

// A run second by second. In second n the first step gets a response after n ms.
struct Played {
  explicit Played(std::size_t most = 0) : layout(two_steps()), series(layout, most), worker(layout) {}

  void second(Duration length = 1s, double asked = 10) {
    ++n;
    worker.iteration_started(0, 100us);
    worker.step(0, {n * 1ms, n * 1ms, Outcome::success, ErrorClass::none});
    RequestSample request;
    request.service_time = n * 1ms;
    request.phases[static_cast<std::size_t>(Phase::wait)] = n * 1ms;
    worker.request(0, request);
    worker.iteration_finished(0, {1s, Outcome::success});
    end_interval(length, asked);
  }
  void end_interval(Duration length = 1s, double asked = 10) {
    const Snapshot delta = worker.take();
    series.add({at, at + length, asked, {1, 2, 3, 0}, ValidityState::valid, 0, delta});
    at += length;
  }

  std::shared_ptr<const MetricsLayout> layout;
  RunSeries series;
  Recorder worker;
  Duration at{};
  int n = 0;
};

boost::json::value json_of(const RunSeries& series, std::size_t first = 0) {
  return boost::json::parse(series_json(series, first));
}
std::size_t length_of(const boost::json::value& list) { return list.as_array().size(); }

}  // namespace

TEST_CASE("run series: every interval is a point until there are too many, then neighbours become one") {
  Played run(8);
  for (int i = 0; i < 8; ++i) run.second();
  CHECK(run.series.points().size() == 8);
  CHECK(run.series.generation() == 0);
  run.second();
  REQUIRE(run.series.points().size() == 5);
  CHECK(run.series.generation() == 1);
  CHECK(run.series.points()[0].end == 2s);
  CHECK(run.series.points()[4].begin == 8s);
  CHECK(run.series.points()[4].end == 9s);
  run.second();
  CHECK(run.series.points().size() == 5);  // the last point is filled up first
  CHECK(run.series.points()[4].end == 10s);
}

TEST_CASE("run series: however long the run, the points are bounded, adjoin, and hold everything") {
  Played run(16);
  for (int i = 0; i < 1000; ++i) run.second();
  const auto& points = run.series.points();
  CHECK(points.size() <= 16);
  CHECK(points.size() >= 8);
  std::uint64_t started = 0;
  std::uint64_t answers = 0;
  double asked = 0;
  Duration at{};
  for (const RunSeries::Point& point : points) {
    CHECK(point.begin == at);
    at = point.end;
    started += point.started;
    asked += point.asked;
    answers += point.steps[0].response_time.observed.count();
  }
  CHECK(at == 1000s);
  CHECK(started == 1000);
  CHECK(answers == 1000);
  CHECK(asked == Approx(10000));
}

TEST_CASE("run series: a percentile of a merged point is that of its answers, not a mean of percentiles") {
  Played run(2);
  // 1 ms to 8 ms, merged into two points of four.
  for (int i = 0; i < 8; ++i) run.second();
  REQUIRE(run.series.points().size() == 2);
  const auto series = json_of(run.series);
  const auto& clock = series.at("all").at("response_time_seconds");
  CHECK(clock.at("p50").as_array()[1].to_number<double>() == Approx(0.006).epsilon(0.02));
  CHECK(clock.at("p99").as_array()[1].to_number<double>() == Approx(0.008).epsilon(0.02));
  CHECK(clock.at("max").as_array()[0].to_number<double>() == Approx(0.004));
}

TEST_CASE("run series: a last look shortly after the one before is no point of its own") {
  Played run;
  run.second();
  run.second(20ms, 10);
  REQUIRE(run.series.points().size() == 1);
  CHECK(run.series.points()[0].end == 1020ms);
  CHECK(run.series.points()[0].started == 2);
  const auto series = json_of(run.series);
  CHECK(series.at("rate").at("asked").as_array()[0].to_number<double>() == Approx(10).epsilon(0.001));
}

TEST_CASE("run series: a rank beyond what ended is marked as a lower bound") {
  Played run;
  run.second();
  run.worker.step(1, {2s, 2s, Outcome::abandoned, ErrorClass::abandoned});
  run.end_interval();
  const auto series = json_of(run.series);
  const auto& step = series.at("steps").as_array()[1];
  const auto& clock = step.at("response_time_seconds");
  CHECK(clock.at("p50").as_array()[0].is_null());
  CHECK(clock.at("p50").as_array()[1].to_number<double>() == Approx(2).epsilon(0.02));
  CHECK(clock.at("lower_bounds").at("p50") == boost::json::array{1});
  CHECK(step.at("counts").at("abandoned") == boost::json::array{0, 1});
  CHECK(step.at("errors").at("abandoned") == boost::json::array{0, 1});
  CHECK(step.at("counts").as_object().size() == 1);  // counts of 0 are left out
}

TEST_CASE("run series: the phases of a request add up to its service time, and nothing stands for no request") {
  Played run;
  run.second();
  run.end_interval();
  const auto series = json_of(run.series);
  const auto& phases = series.at("steps").as_array()[0].at("phase_mean_seconds");
  CHECK(phases.at("wait").as_array()[0].to_number<double>() == Approx(0.001));
  CHECK(phases.at("dns").as_array()[0].to_number<double>() == 0);
  CHECK(phases.at("wait").as_array()[1].is_null());
}

TEST_CASE("run series: the cells of the heat map are the answers, four rows to an octave") {
  Played run;
  run.worker.step(0, {1s, 1s, Outcome::success, ErrorClass::none});
  run.worker.step(0, {1001ms, 1001ms, Outcome::success, ErrorClass::none});
  run.worker.step(0, {2s, 2s, Outcome::success, ErrorClass::none});
  run.end_interval();
  run.end_interval();
  const auto series = json_of(run.series);
  // Row r holds values above 2^(r/4 - 20) s and up to 2^((r+1)/4 - 20) s. One second is the upper end of row 79.
  CHECK(series.at("all").at("heat").as_array()[0] == boost::json::array{79, 1, 1, 0, 0, 1});
  CHECK(length_of(series.at("all").at("heat").as_array()[1]) == 0);
}

TEST_CASE("run series: the points from a given one on are the tail of all of them") {
  Played run;
  for (int i = 0; i < 5; ++i) run.second();
  const auto all = json_of(run.series);
  const auto tail = json_of(run.series, 3);
  CHECK(tail.at("first") == 3);
  CHECK(length_of(tail.at("points").at("end_seconds")) == 2);
  CHECK(tail.at("all").at("heat").as_array()[1] == all.at("all").at("heat").as_array()[4]);
  CHECK(tail.at("rate").at("started").as_array()[0] == all.at("rate").at("started").as_array()[3]);
  CHECK(length_of(json_of(run.series, 99).at("points").at("end_seconds")) == 0);
}

TEST_CASE("run series: many steps have fewer points, so that what is kept stays bounded") {
  Catalog catalog;
  catalog.journeys = {"long"};
  for (int i = 0; i < 40; ++i) catalog.steps.push_back({0, "step " + std::to_string(i)});
  const auto layout = make_layout(std::move(catalog));
  RunSeries series(layout);
  const Snapshot nothing(layout);
  for (int i = 0; i < 700; ++i) series.add({i * 1s, (i + 1) * 1s, 0, {}, ValidityState::valid, 0, nothing});
  CHECK(series.points().size() * 40 <= 7200);
  CHECK(series.points().size() >= 90);
}

TEST_CASE("run series: in a point are those under way at its end, and merged points have the later ones") {
  Played run(4);
  UnderWay under_way(*run.layout);
  const OpenStep step{0, TimePoint(), TimePoint(), {}, {}};
  const std::vector<OpenVisit> visits(3, OpenVisit{0, TimePoint(), TimePoint(), step});
  const auto silent_second = [&] {
    const Snapshot delta = run.worker.take();
    under_way.clear();
    under_way.add(visits, TimePoint(run.at + 1s));
    run.series.add({run.at, run.at + 1s, 10, {}, ValidityState::valid, 0, delta, nullptr, &under_way});
    run.at += 1s;
  };
  run.second();
  silent_second();
  silent_second();
  const boost::json::value json = json_of(run.series);
  for (const boost::json::value* step_json : {&json.at("steps").at(0), &json.at("all")}) {
    CHECK(step_json->at("under_way").at(2).to_number<int>() == 3);
    CHECK(step_json->at("response_time_seconds").at("p95").at(2).to_number<double>() == 3);
    CHECK(step_json->at("response_time_seconds").at("lower_bounds").at("p95") == boost::json::array({1, 2}));
  }
  CHECK(json.at("steps").at(1).as_object().contains("under_way") == false);
  silent_second();
  silent_second();
  REQUIRE(run.series.generation() == 1);
  // No visit is counted twice.
  CHECK(run.series.points()[1].steps[0].under_way.response_time.count() == 3);
  CHECK(run.series.points()[1].steps[0].under_way.response_time.min() == 4s);
  CHECK(run.series.points()[0].steps[0].response().censored.count() == 3);
}
