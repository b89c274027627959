#include "metrics/history/reader.hpp"
#include "metrics/history/writer.hpp"

#include "metrics/history/snapshot_codec.hpp"
#include "tests/metrics/random_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <sys/stat.h>

#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

RunStart start_of(const std::string& id, std::shared_ptr<const MetricsLayout> layout = test::random_layout()) {
  RunStart start;
  start.id = id;
  start.scenario = "login";
  start.scenario_path = "/scenarios/login.lua";
  start.scenario_sha256 = "ab12";
  start.load = "smoke";
  start.target = "http://127.0.0.1:8080";
  start.version = "1.2.3";
  start.plan = R"({"seed":7})";
  start.seed = 7;
  start.started_at = WallTime(std::chrono::seconds(1'700'000'000));
  start.layout = std::move(layout);
  return start;
}

RunEnd end_of(int exit_code = 0) {
  return {WallTime(std::chrono::seconds(1'700'000'060)), "pass", "valid", exit_code, R"({"schema":"x"})"};
}

std::string bytes_of(const Snapshot& snapshot) {
  std::string bytes;
  encode(snapshot, bytes);
  return bytes;
}

struct HistoryFile {
  [[nodiscard]] std::string path() const { return directory.file("history.sqlite"); }
  std::unique_ptr<HistoryWriter> write(const RunStart& start) const {
    auto opened = HistoryWriter::open(path(), start);
    if (opened.has_error()) throw std::runtime_error(opened.error().message);
    return std::move(opened.value());
  }
  [[nodiscard]] std::unique_ptr<HistoryReader> read() const {
    auto opened = HistoryReader::open(path());
    if (opened.has_error()) throw std::runtime_error(opened.error().message);
    return std::move(opened.value());
  }
  test::TemporaryDirectory directory;
};

}  // namespace

TEST_CASE("history: a run is read as it was written, and its intervals merge to its totals", "[unit]") {
  const HistoryFile file;
  const auto layout = test::random_layout();
  Snapshot totals(layout);
  const WallTime started(std::chrono::milliseconds(1'700'000'001'250));
  {
    const auto writer = file.write(start_of("20270115-080000-00aa", layout));
    writer->started(started, TimePoint());
    test::RandomRun random(3);
    Recorder recorder(layout);
    for (int second = 0; second < 20; ++second) {
      random.record(recorder, random.below(60));
      const Snapshot delta = recorder.take();
      totals.merge(delta);
      writer->add({1s * second, 1s * (second + 1), 12.5, {3, 4, 5, 6}, ValidityState::degraded, 0.25 * second, delta});
    }
    writer->annotate({started + 4s, 4s, "control", "paused"});
    writer->finish(end_of(99));
    CHECK(writer->flush());
    CHECK_FALSE(writer->problem());
  }
  const auto reader = file.read();
  const auto heads = reader->runs();
  REQUIRE(heads.value().size() == 1);
  const RunRecord run = reader->run("20270115-080000-00aa").value();
  CHECK(run.state == RunState::finished);
  CHECK(run.scenario == "login");
  CHECK(run.load == "smoke");
  CHECK(run.target == "http://127.0.0.1:8080");
  CHECK(run.seed == 7);
  CHECK(run.version == "1.2.3");
  CHECK(run.plan == R"({"seed":7})");
  CHECK(run.summary == R"({"schema":"x"})");
  CHECK(run.verdict == "pass");
  CHECK(run.validity == "valid");
  CHECK(run.exit_code == 99);
  CHECK(std::chrono::abs(run.started_at - started) < 1us);
  CHECK(run.recorded == 20s);
  CHECK(run.layout->catalog.steps.size() == 3);
  CHECK(run.layout->full_name(2) == "login/send");
  CHECK(*run.layout->boundaries == *layout->boundaries);
  REQUIRE(run.annotations.size() == 1);
  CHECK(run.annotations[0].offset == 4s);
  CHECK(run.annotations[0].text == "paused");
  std::size_t seen = 0;
  const auto read = reader->intervals(run, [&](const Interval& interval) {
    CHECK(interval.begin == 1s * static_cast<int>(seen));
    CHECK(interval.end == 1s * static_cast<int>(seen + 1));
    CHECK(interval.rate_asked == 12.5);
    CHECK(interval.users == UsersByState{3, 4, 5, 6});
    CHECK(interval.validity == ValidityState::degraded);
    ++seen;
  });
  CHECK(read.has_value());
  CHECK(seen == 20);
  CHECK(bytes_of(reader->totals(run).value()) == bytes_of(totals));
}

TEST_CASE("history: boundaries that thresholds named come back", "[unit]") {
  const HistoryFile file;
  const std::vector<Duration> named{33ms, 777ms};
  const auto layout = make_layout(Catalog{{"a"}, {{0, "b"}}}, LatencyBoundaries::with(named).value());
  file.write(start_of("r", layout));
  const RunRecord run = file.read()->run("r").value();
  CHECK(*run.layout->boundaries == *layout->boundaries);
}

TEST_CASE("history: runs are found by id, by a beginning that is unique, and as the last one", "[unit]") {
  const HistoryFile file;
  for (const char* id : {"20270115-080000-00aa", "20270115-080000-00ab", "20270116", "20270116-1"}) {
    RunStart start = start_of(id);
    start.started_at += std::string(id) == "20270115-080000-00ab" ? 1h : 0h;
    file.write(start);
  }
  const auto reader = file.read();
  CHECK(reader->find("last").value() == "20270115-080000-00ab");
  CHECK(reader->find("20270115-080000-00aa").value() == "20270115-080000-00aa");
  CHECK(reader->find("20270116").value() == "20270116");
  CHECK(reader->find("20270116-").value() == "20270116-1");
  CHECK(
      reader->find("20270115").error().message ==
      "'20270115' fits 2 runs, such as 20270115-080000-00aa and 20270115-080000-00ab: give more characters of the id");
  CHECK(reader->find("x").error().message == "no run 'x' in " + file.path() + ": see gelombang history list");
  CHECK(reader->find("").has_error());
  CHECK(reader->find("%").has_error());
}

TEST_CASE("history: a run without an end was cut off, once nothing is written any more", "[unit]") {
  const HistoryFile file;
  RunStart now = start_of("now");
  now.started_at = SystemClock().wall_now();
  file.write(start_of("then"));
  file.write(now);
  const auto runs = file.read()->runs().value();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id + runs[1].id == (runs[0].id == "now" ? "nowthen" : "thennow"));
  for (const RunHead& run : runs) {
    CHECK(run.state == (run.id == "now" ? RunState::under_way : RunState::cut_off));
    CHECK(run.verdict.empty());
    CHECK_FALSE(run.ended_at);
    CHECK_FALSE(run.exit_code);
  }
}

TEST_CASE("history: two writers append to one file, each its own run", "[unit]") {
  const HistoryFile file;
  const auto layout = test::random_layout();
  const auto one = file.write(start_of("one", layout));
  const auto two = file.write(start_of("two", layout));
  Recorder recorder(layout);
  test::RandomRun random(4);
  Snapshot of_one(layout);
  Snapshot of_two(layout);
  for (int second = 0; second < 30; ++second) {
    random.record(recorder, 20);
    Snapshot delta = recorder.take();
    of_one.merge(delta);
    one->add({1s * second, 1s * (second + 1), 0, {}, ValidityState::valid, 0, delta});
    random.record(recorder, 10);
    recorder.take(delta);
    of_two.merge(delta);
    two->add({1s * second, 1s * (second + 1), 0, {}, ValidityState::valid, 0, delta});
  }
  CHECK(one->flush());
  CHECK(two->flush());
  const auto reader = file.read();
  CHECK(bytes_of(reader->totals(reader->run("one").value()).value()) == bytes_of(of_one));
  CHECK(bytes_of(reader->totals(reader->run("two").value()).value()) == bytes_of(of_two));
}

TEST_CASE("history: the file is its user's alone", "[unit]") {
  const HistoryFile file;
  const auto writer = file.write(start_of("one"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat facts {};
    REQUIRE(stat((file.path() + suffix).c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600U);
  }
}

TEST_CASE("history: a run's id is not used twice", "[unit]") {
  const HistoryFile file;
  file.write(start_of("one"));
  CHECK(HistoryWriter::open(file.path(), start_of("one")).has_error());
}

TEST_CASE("history: single requests and dimensions come back as they were recorded", "[unit]") {
  const HistoryFile file;
  const auto layout = test::random_layout();
  const TimePoint epoch(1000s);
  const auto writer = file.write(start_of("r", layout));
  writer->started(WallTime(std::chrono::seconds(1'700'000'000)), epoch);
  Recorder recorder(layout);
  recorder.keep_details({2, 0, 10, 10});
  const auto tell = [&](Duration begin) {
    const Snapshot delta = recorder.take();
    SampledDetails details(layout->boundaries);
    recorder.take(details);
    writer->add({begin, begin + 1s, 0, {}, ValidityState::valid, 0, delta, &details});
  };
  RequestSample request;
  request.started = epoch + 1500ms;
  request.service_time = 7ms;
  request.phases[static_cast<std::size_t>(Phase::wait)] = 5ms;
  request.status = 503;
  request.outcome = Outcome::failure;
  request.error = ErrorClass::http_503;
  request.bytes_sent = 5000;
  request.bytes_received = 77;
  request.new_connection = true;
  request.remote.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3};
  request.remote.port = 443;
  recorder.request(2, request, {true, 3, "web-1"});
  Evidence evidence;
  evidence.step = 2;
  evidence.tries = 3;
  evidence.sample = request;
  evidence.method = "POST";
  evidence.url = "http://x/y";
  evidence.headers = "server: x\n";
  evidence.body = "too \"busy\" \xc3\xa9";
  evidence.detail = "none";
  recorder.evidence(evidence);
  tell(1s);
  // Two records in the same ten seconds give one row with the sum. Then the next ten seconds.
  request.outcome = Outcome::success;
  request.error = ErrorClass::none;
  recorder.request(2, request, {true, 1, "web-1"});
  tell(2s);
  recorder.request(2, request, {true, 1, "web-1"});
  tell(11s);
  CHECK(writer->flush());

  const auto reader = file.read();
  const RunRecord run = reader->run("r").value();
  std::vector<std::string> slices;
  const auto read = reader->dimensions(run, [&](const DimensionSlice& slice) {
    slices.push_back(std::to_string(slice.begin / 1s) + " " + std::string(slice.dimension) + " " +
                     std::string(slice.value) + " " + std::to_string(slice.cell.count) + " " +
                     std::to_string(slice.cell.failures) + " " + std::to_string(slice.cell.time.count()));
  });
  REQUIRE(read.has_value());
  CHECK(slices == std::vector<std::string>{"0 attempt 1 1 0 1", "0 attempt 3 1 1 0", "10 attempt 1 1 0 1",
                                           "0 back_end web-1 2 1 1", "10 back_end web-1 1 0 1",
                                           "0 remote_address 10.1.2.3:443 2 1 1",
                                           "10 remote_address 10.1.2.3:443 1 0 1", "0 request_size up to 10 KB 2 1 1",
                                           "10 request_size up to 10 KB 1 0 1"});
  std::size_t seen = 0;
  REQUIRE(reader
              ->evidence(run,
                         [&](const EvidenceRecord& one) {
                           ++seen;
                           CHECK(one.offset == 1500ms);
                           CHECK(one.step == 2);
                           CHECK(one.tries == 3);
                           CHECK(one.sample.status == 503);
                           CHECK(one.sample.outcome == Outcome::failure);
                           CHECK(one.sample.error == ErrorClass::http_503);
                           CHECK(one.sample.service_time == 7ms);
                           CHECK(one.sample.phases[static_cast<std::size_t>(Phase::wait)] == 5ms);
                           CHECK(one.sample.phases[static_cast<std::size_t>(Phase::dns)] == RequestSample::kNotReached);
                           CHECK(one.sample.bytes_received == 77);
                           CHECK(one.sample.new_connection);
                           CHECK(one.remote == "10.1.2.3:443");
                           CHECK(one.method + one.url + one.headers + one.body + one.detail ==
                                 "POSThttp://x/yserver: x\ntoo \"busy\" \xc3\xa9none");
                         })
              .has_value());
  CHECK(seen == 1);
  // Two slots for three requests.
  seen = 0;
  REQUIRE(reader
              ->attempts(run,
                         [&](const AttemptRecord& one) {
                           ++seen;
                           CHECK(one.sample.bytes_sent == 5000);
                         })
              .has_value());
  CHECK(seen == 2);
}
