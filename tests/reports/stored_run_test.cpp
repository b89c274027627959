#include "reports/stored_run.hpp"

#include "metrics/history/reader.hpp"
#include "metrics/history/writer.hpp"
#include "metrics/recorder.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <stdexcept>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// An old run of ten seconds with one arrival a second.
struct Kept {
  Kept() {
    RunStart start;
    start.id = "20200101-000000-beef";
    start.scenario = "login";
    start.load = "smoke";
    start.target = "http://127.0.0.1:8080";
    start.version = "0.1.0";
    start.plan = R"({"command":["gelombang","run","my login.lua","--seed","7"],"load":{"length_seconds":8},)"
                 R"("thresholds":["log in: response_time p95 < 50ms","all: error_rate < 1%"]})";
    start.seed = 7;
    start.started_at = WallTime(std::chrono::seconds(1'577'836'800));
    start.layout = example.layout;
    auto opened = HistoryWriter::open(file(), start);
    if (opened.has_error()) throw std::runtime_error(opened.error().message);
    writer = std::move(opened.value());
  }
  void play(ValidityState validity = ValidityState::degraded) {
    Recorder worker(example.layout);
    for (int s = 0; s < 10; ++s) {
      worker.iteration_started(0, 1ms);
      worker.step(1, {100ms, 90ms, Outcome::success, ErrorClass::none});
      if (s < 9) worker.iteration_finished(0, {1s, Outcome::success});
      const Snapshot delta = worker.take();
      writer->add({s * 1s, (s + 1) * 1s, s < 8 ? 2.0 : 0.0, {1, 2, 9, 0}, validity, 0.5 * s, delta});
    }
    writer->annotate({WallTime(std::chrono::seconds(1'577'836'804)), 4s, "control", "half the rate"});
  }
  [[nodiscard]] Result<ReportDocument> report() {
    writer.reset();  // writes everything to the file
    auto reader = HistoryReader::open(file());
    if (reader.has_error()) throw std::runtime_error(reader.error().message);
    return stored_report(*reader.value(), "20200101-000000-beef");
  }
  [[nodiscard]] std::string file() const { return directory.file("history.sqlite"); }

  TemporaryDirectory directory;
  ExampleRun example{true};
  std::unique_ptr<HistoryWriter> writer;
};

}  // namespace

TEST_CASE("stored run: a finished run's report has the summary as it was kept, and the series beside it") {
  Kept run;
  run.play();
  run.writer->finish({WallTime(std::chrono::seconds(1'577'836'810)), "pass", "valid", 0, R"({"verdict":"pass"})"});
  const ReportDocument document = run.report().value();
  CHECK(document.state == ReportDocument::State::finished);
  CHECK(document.summary == R"({"verdict":"pass"})");
  CHECK(document.command == "gelombang run 'my login.lua' --seed 7");
  REQUIRE(document.annotations.size() == 1);
  CHECK(document.annotations[0].text == "half the rate");
  const auto json = boost::json::parse(report_json(document));
  CHECK(json.at("series").at("points").at("end_seconds").as_array().size() == 10);
  CHECK(json.at("series").at("steps").as_array()[1].at("counts").at("success").as_array().size() == 10);
  CHECK(json.at("plan").at("load").at("length_seconds") == 8);
}

TEST_CASE("stored run: the first failure of each kind is in the report, with the time of day") {
  Kept run;
  run.writer->started(WallTime(std::chrono::seconds(1'577'836'800)), TimePoint{} + 100s);
  Recorder worker(run.example.layout);
  worker.keep_details({0, 0, 100, 100});
  for (const Duration at : {104s, 103s, 109s}) {
    Evidence evidence;
    evidence.step = 1;
    evidence.sample.started = TimePoint{} + at;
    evidence.sample.status = 503;
    evidence.sample.error = ErrorClass::http_503;
    evidence.method = "POST";
    evidence.url = "http://x/" + std::to_string(at / 1s);
    evidence.body = "busy";
    worker.evidence(evidence);
  }
  SampledDetails details(run.example.layout->boundaries);
  worker.take(details);
  const Snapshot delta = worker.take();
  run.writer->add({0s, 10s, 1, {}, ValidityState::valid, 0, delta, &details});
  const ReportDocument document = run.report().value();
  REQUIRE(document.first_failures.shown.size() == 1);
  const FirstFailure& first = document.first_failures.shown[0];
  CHECK(first.journey + "/" + first.step == "login/log in");
  CHECK(first.evidence.method + " " + first.evidence.url + " " + first.evidence.body == "POST http://x/103 busy");
  CHECK(first.offset == 3s);
  CHECK(first.at == WallTime(std::chrono::seconds(1'577'836'803)));
  CHECK(document.first_failures.further == 0);
}

TEST_CASE("stored run: one that was cut off is said to be so, with figures of what was recorded") {
  Kept run;
  run.play();
  const ReportDocument document = run.report().value();
  CHECK(document.state == ReportDocument::State::cut_off);
  const auto summary = boost::json::parse(document.summary);
  CHECK(summary.at("run").at("id") == "20200101-000000-beef");
  CHECK(summary.at("run").at("took_seconds") == 10);
  CHECK(summary.at("validity").at("state") == "degraded");
  const auto& arrivals = summary.at("arrivals");
  CHECK(arrivals.at("expected").to_number<double>() == Approx(16));
  CHECK(arrivals.at("requested_rate").to_number<double>() == Approx(2));
  CHECK(arrivals.at("started") == 10);
  CHECK(arrivals.at("completed") == 9);
  const auto& step = summary.at("steps").as_array()[1];
  CHECK(step.at("count") == 10);
  CHECK(step.at("response_time_seconds").at("p50").to_number<double>() == Approx(0.1).epsilon(0.02));
  const auto& thresholds = summary.at("thresholds").as_array();
  REQUIRE(thresholds.size() == 2);
  CHECK(thresholds[0].at("state") == "fail");
  CHECK(thresholds[1].at("state") == "pass");
  CHECK(summary.at("generator").at("cpu_seconds") == 4.5);
  CHECK(summary.at("generator").at("users_max") == 3);
}

TEST_CASE("stored run: why one that was cut off cannot be believed is not known, and that is said") {
  for (const ValidityState state : {ValidityState::valid, ValidityState::degraded, ValidityState::invalid}) {
    Kept run;
    run.play(state);
    const auto summary = boost::json::parse(run.report().value().summary);
    CHECK(summary.at("validity").at("state").as_string() == kValidityStateNames[static_cast<std::size_t>(state)]);
    const auto& reasons = summary.at("validity").at("reasons").as_array();
    REQUIRE(reasons.size() == (state == ValidityState::valid ? 0 : 1));
    if (!reasons.empty())
      CHECK(reasons[0].as_string() == "the reasons are recorded at the end of a run, and this run has no end");
  }
}

TEST_CASE("stored run: one of which nothing was recorded is one line") {
  Kept run;
  const auto report = run.report();
  REQUIRE(report.has_error());
  CHECK(report.error().message == "run 20200101-000000-beef has nothing to report: nothing was recorded of it");
}

TEST_CASE("stored run: words become a line that a shell reads as the same words") {
  CHECK(shell_line({"gelombang", "run", "a.lua", "--rate", "20/s"}) == "gelombang run a.lua --rate 20/s");
  CHECK(shell_line({"--threshold", "log in: count > 5"}) == "--threshold 'log in: count > 5'");
  CHECK(shell_line({"", "it's", "$(x)", "a\nb"}) == "'' 'it'\\''s' '$(x)' 'a\nb'");
}
