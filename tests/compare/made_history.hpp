// Invented runs in a history file: a comparison reads them, and no run is needed.
#pragma once

#include "base/random.hpp"
#include "metrics/history/writer.hpp"
#include "metrics/recorder.hpp"
#include "tests/support/child_process.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gelombang::test {

struct MadeRun {
  std::string id;
  std::uint64_t seed = 1;
  std::vector<std::string> steps{"log in"};
  int seconds = 60;
  int samples = 10'000;  // of each step
  double sigma = 0.5;
  double factor = 1;  // response and service time of every step are this much slower
  double error_share = 0;
  int dies_at = -1;  // from that second on every connection is refused; -1: never
  bool ends = true;
  std::string verdict = "pass";
  std::string validity = "valid";
  ValidityState state = ValidityState::valid;  // the state in every interval
  std::string scenario = "login";
  std::string sha256 = "aa";
  std::string load = "smoke";
  std::string target = "http://127.0.0.1:8080";
  std::string plan = R"({"command":["gelombang","run","login.lua"],"load":{"length_seconds":60}})";
  std::vector<std::string> annotations;  // kinds of annotations
};

class MadeHistory {
 public:
  [[nodiscard]] std::string file() const { return directory_.file("history.sqlite"); }

  void add(const MadeRun& run) {
    RunStart start;
    start.id = run.id;
    start.scenario = run.scenario;
    start.scenario_sha256 = run.sha256;
    start.load = run.load;
    start.target = run.target;
    start.version = "0.1.0";
    start.plan = run.plan;
    start.seed = run.seed;
    start.started_at = WallTime(std::chrono::seconds(1'577'836'800));
    Catalog catalog{{"login"}, {}};
    for (const std::string& step : run.steps) catalog.steps.push_back({0, step});
    start.layout = make_layout(std::move(catalog));
    auto opened = HistoryWriter::open(file(), start);
    if (opened.has_error()) throw std::runtime_error(opened.error().message);
    HistoryWriter& writer = *opened.value();
    for (const std::string& kind : run.annotations) {
      writer.annotate({start.started_at, std::chrono::seconds(1), kind, "something"});
    }
    play(run, start, writer);
    if (run.ends) {
      writer.finish({start.started_at + std::chrono::seconds(run.seconds), run.verdict, run.validity, 0,
                     R"({"validity":{"reasons":["the lag was 2 s"]}})"});
    }
  }

 private:
  static void play(const MadeRun& run, const RunStart& start, HistoryWriter& writer) {
    using std::chrono::seconds;
    RandomStream random(run.seed, RandomPurpose::draw, 0);
    Recorder recorder(start.layout);
    int played = 0;
    for (int s = 0; s < run.seconds; ++s) {
      const bool dead = run.dies_at >= 0 && s >= run.dies_at;
      for (; static_cast<std::int64_t>(played) * run.seconds < static_cast<std::int64_t>(run.samples) * (s + 1);
           ++played) {
        for (StepId step = 0; step < run.steps.size(); ++step) {
          if (dead) {
            refuse_step(step, recorder);
          } else {
            play_step(run, step, random, recorder);
          }
        }
        recorder.iteration_started(0, Duration::zero());
        recorder.iteration_finished(0, {seconds(1), dead ? Outcome::failure : Outcome::success});
      }
      const Snapshot delta = recorder.take();
      writer.add({seconds(s), seconds(s + 1), 0, {}, run.state, 0, delta});
    }
  }
  static void refuse_step(StepId step, Recorder& recorder) {
    const Duration time = std::chrono::milliseconds(1);
    RequestSample request;
    request.service_time = time;
    request.outcome = Outcome::failure;
    request.error = ErrorClass::tcp_refused;
    recorder.request(step, request);
    recorder.step(step, {time, time, Outcome::failure, ErrorClass::tcp_refused});
  }
  static void play_step(const MadeRun& run, StepId step, RandomStream& random, Recorder& recorder) {
    const Duration time = from_seconds(0.2 * run.factor * std::exp(run.sigma * random.normal()));
    const bool fails = random.uniform() < run.error_share;
    const Outcome outcome = fails ? Outcome::failure : Outcome::success;
    const ErrorClass error = fails ? ErrorClass::http_503 : ErrorClass::none;
    RequestSample request;
    request.service_time = time;
    request.outcome = outcome;
    request.error = error;
    request.phases[static_cast<std::size_t>(Phase::wait)] = time;
    recorder.request(step, request);
    recorder.step(step, {time, time, outcome, error});
  }

  TemporaryDirectory directory_;
};

}  // namespace gelombang::test
