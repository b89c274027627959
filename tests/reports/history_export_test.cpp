#include "reports/history_export.hpp"
#include "metrics/history/prune.hpp"
#include "metrics/history/writer.hpp"

#include "tests/metrics/random_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <SQLiteCpp/Database.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

const WallTime kStart(std::chrono::seconds(1'700'000'000));

struct History {
  explicit History(int seconds, const std::string& id = "20231114-1", WallTime started = kStart, bool ended = true) {
    add(seconds, id, started, ended);
  }
  void add(int seconds, const std::string& id, WallTime started, bool ended) const {
    RunStart start;
    start.id = id;
    start.scenario = "with \"quotes\", and a comma";
    start.plan = "{}";
    start.started_at = started;
    start.layout = test::random_layout();
    auto writer = HistoryWriter::open(path, start).value();
    writer->started(started, TimePoint());
    Recorder recorder(start.layout);
    recorder.keep_details({1000, 0, 100, 100});
    test::RandomRun random(9);
    for (int second = 0; second < seconds; ++second) {
      random.record(recorder, 30);
      const Snapshot delta = recorder.take();
      SampledDetails details(start.layout->boundaries);
      recorder.take(details);
      writer->add({1s * second, 1s * (second + 1), 30, {}, ValidityState::valid, 0, delta, &details});
    }
    if (ended) writer->finish({started + 1h, "pass", "valid", 0, "{}"});
    REQUIRE(writer->flush());
  }
  [[nodiscard]] std::unique_ptr<HistoryReader> read() const { return HistoryReader::open(path).value(); }

  test::TemporaryDirectory directory;
  std::string path = directory.file("history.sqlite");
};

std::string text_of(const std::function<Result<void>(const TextSink&)>& write) {
  std::string text;
  const auto written = write([&text](std::string_view piece) { text += piece; });
  REQUIRE(written.has_value());
  return text;
}

}  // namespace

TEST_CASE("history export: CSV has a row for each second and step, and quotes what has to be", "[unit]") {
  const History history(3);
  const auto reader = history.read();
  const RunRecord run = reader->run("20231114-1").value();
  const std::string text = text_of([&](const TextSink& sink) { return export_csv(*reader, run, sink); });
  const auto lines = std::count(text.begin(), text.end(), '\n');
  CHECK(lines == 1 + 3 * 3);
  const auto columns = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find('\n')), ',');
  CHECK(std::count(text.begin(), text.end(), ',') == columns * lines);
  CHECK(text.find("20231114-1,1700000001.000,0,1,30,browse,look,") != std::string::npos);
}

TEST_CASE("history export: OpenMetrics has each series in one piece, in time order, cumulative", "[unit]") {
  const History history(40);
  const auto reader = history.read();
  const RunRecord run = reader->run("20231114-1").value();
  const std::string text = text_of([&](const TextSink& sink) { return export_openmetrics(*reader, run, 15s, sink); });
  CHECK(text.substr(text.size() - 6) == "# EOF\n");
  std::set<std::string> seen;
  std::string current;
  double time = 0;
  double value = 0;
  std::size_t samples = 0;
  for (std::size_t at = text.find("\ngelombang_requests_total"); at != std::string::npos;
       at = text.find("\ngelombang_requests_total", at + 1)) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const std::string series = line.substr(0, line.find('}') + 1);
    const double v = std::stod(line.substr(line.find('}') + 2));
    const double t = std::stod(line.substr(line.rfind(' ') + 1));
    if (series != current) CHECK(seen.insert(series).second);
    CHECK((series != current || t > time));
    CHECK((series != current || v >= value));
    current = series;
    time = t;
    value = v;
    ++samples;
  }
  // At 15, 30 and 40 seconds.
  CHECK(samples == 3 * seen.size());
  CHECK(time == Approx(1'700'000'040).epsilon(1e-12));
  CHECK(text.find("job=\"gelombang\",instance=\"20231114-1\"") != std::string::npos);
  // Only the last sample has the final verdict.
  CHECK(text.find("verdict=\"under_way\"} 1 1700000030.000\n") != std::string::npos);
  CHECK(text.find("verdict=\"under_way\"} 0 1700000040.000\n") != std::string::npos);
  CHECK(text.find("verdict=\"pass\"} 0 1700000030.000\n") != std::string::npos);
  CHECK(text.find("verdict=\"pass\"} 1 1700000040.000\n") != std::string::npos);
}

TEST_CASE("history prune: old runs go with all that belongs to them, and their space", "[unit]") {
  const History history(60, "old");
  const WallTime now = kStart + 24h * 100;
  history.add(5, "cut off long ago", kStart + 1s, false);
  history.add(5, "young", now - 24h * 10, true);
  history.add(5, "going on", now - 1h, false);
  const auto pruned = prune_history(history.path, now - 24h * 90, now).value();
  CHECK(pruned.runs == std::vector<std::string>{"old", "cut off long ago"});
  CHECK(pruned.kept == 2);
  CHECK(pruned.bytes > 50'000);
  SQLite::Database database(history.path);
  for (const char* table :
       {"journey", "step", "interval", "step_interval", "error", "dimension", "attempt", "evidence"}) {
    INFO(table);
    const std::string left = std::string("SELECT count(*) FROM ") + table + " WHERE run NOT IN (SELECT run FROM run)";
    CHECK(database.execAndGet(left).getInt() == 0);
  }
  CHECK(database.execAndGet("SELECT count(*) FROM interval").getInt() == 10);
  // A run that is under way stays, whatever the arguments ask for.
  CHECK(prune_history(history.path, now, now).value().runs == std::vector<std::string>{"young"});
  CHECK(prune_history(history.path, now, now).value().bytes == 0);
  CHECK(prune_history(history.directory.file("none"), now, now).has_error());
}

TEST_CASE("history export: seconds in which nothing but waiting happened have rows, and lower bounds a mark",
          "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  RunStart start;
  start.id = "silent";
  start.plan = "{}";
  start.started_at = kStart;
  start.layout = test::random_layout();
  auto writer = HistoryWriter::open(path, start).value();
  writer->started(kStart, TimePoint());
  const Snapshot nothing(start.layout);
  UnderWay under_way(*start.layout);
  const OpenStep step{0, TimePoint(), TimePoint(), {}, {}};
  for (int second = 0; second < 3; ++second) {
    under_way.clear();
    if (second < 2) {
      under_way.add(std::vector<OpenVisit>{{0, TimePoint(), TimePoint(), step}}, TimePoint((second + 1) * 1s));
    }
    writer->add({1s * second, 1s * (second + 1), 30, {}, ValidityState::valid, 0, nothing, nullptr, &under_way});
  }
  REQUIRE(writer->flush());
  const auto reader = HistoryReader::open(path).value();
  const RunRecord run = reader->run("silent").value();
  const std::string csv = text_of([&](const TextSink& sink) { return export_csv(*reader, run, sink); });
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 2);
  CHECK(csv.find(",under_way,lower_bounds\n") != std::string::npos);
  CHECK(csv.find(",0,0,0,0,2,2,2,2,2,2,1,"
                 "response_p50 response_p95 response_p99 service_p50 service_p95 service_p99\n") != std::string::npos);
  std::vector<std::size_t> people;
  REQUIRE(reader
              ->intervals(run,
                          [&](const Interval& interval) {
                            people.push_back(
                                interval.under_way == nullptr ? 0 : interval.under_way->journeys[0].duration.count());
                          })
              .has_value());
  CHECK(people == std::vector<std::size_t>{1, 1, 0});
  CHECK(reader->totals(run).value().steps[0].response_time.censored.empty());
  SQLite::Database database(path);
  CHECK(database
            .execAndGet("SELECT count(*) FROM step_interval WHERE under_way = 1 AND response_p95_us = 1000000 AND "
                        "lower_bounds LIKE '%response_p95%'")
            .getInt() == 1);
  const std::string metrics = text_of([&](const TextSink& sink) { return export_openmetrics(*reader, run, 1s, sink); });
  CHECK(metrics.find("gelombang_steps_under_way{") != std::string::npos);
}
