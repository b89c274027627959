// How often `gelombang compare` says worse or better about pairs of made-up runs, equal pairs and pairs with a
// slow-down of 10 %, and how long it takes for two runs of an hour.
#include "compare/comparison.hpp"
#include "metrics/history/reader.hpp"
#include "tests/compare/made_history.hpp"
#include "tests/metrics/thresholds/busy_portal.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

using namespace gelombang;

namespace {

struct Kind {
  std::size_t steps;
  int seconds;
  double sigma;
  int samples;
};

std::vector<std::string> step_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("step {}", i + 1));
  return names;
}

struct Tally {
  int changed = 0;  // any figure of the whole command
  int found = 0;    // the p95 of response time of the first step is worse
  int failed = 0;   // --fail-if 'step 1: response_time p95 +5%'
};

Tally judge_pairs(const Kind& kind, double factor) {
  constexpr int kPairs = 200;
  Tally tally;
  CompareSettings settings;
  settings.conditions.push_back(parse_change_condition("step 1: response_time p95 +5%").value());
  for (int pair = 0; pair < kPairs; ++pair) {
    test::MadeHistory history;
    test::MadeRun run;
    run.steps = step_names(kind.steps);
    run.seconds = kind.seconds;
    run.sigma = kind.sigma;
    run.samples = kind.samples;
    run.seed = static_cast<std::uint64_t>(2 * pair + 1);
    for (const auto& [id, slower] : {std::pair("a", 1.0), std::pair("b", factor)}) {
      run.id = id;
      run.factor = slower;
      history.add(run);
      ++run.seed;
    }
    auto reader = HistoryReader::open(history.file());
    const auto compared = compare_runs(**reader, "a", "b", settings);
    const ChangeVerdict verdict = compared->verdict();
    tally.changed += verdict == ChangeVerdict::worse || verdict == ChangeVerdict::better ? 1 : 0;
    for (const ComparedFigure& figure : compared->groups.front().figures) {
      const bool p95 = figure.metric == ThresholdMetric::response_time && figure.aggregate == "p95";
      tally.found += p95 && figure.verdict == ChangeVerdict::worse ? 1 : 0;
    }
    tally.failed += compared->conditions.front().state == ConditionState::fail ? 1 : 0;
  }
  return tally;
}

void write_hour(const std::string& path, const std::string& id, test::BusyPortal& portal) {
  RunStart start;
  start.id = id;
  start.plan = "{}";
  start.layout = portal.layout();
  auto opened = HistoryWriter::open(path, start);
  for (int second = 0; second < 3600; ++second) {
    portal.play_second();
    const Snapshot delta = portal.recorder().take();
    using std::chrono::seconds;
    (*opened)->add({seconds(second), seconds(second + 1), 1000, {}, ValidityState::valid, 0, delta});
    if (!(*opened)->flush()) return;
  }
  (*opened)->finish({WallTime{}, "pass", "valid", 0, "{}"});
}

void time_hours() {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  test::BusyPortal portal;
  write_hour(path, "a", portal);
  write_hour(path, "b", portal);
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  auto reader = HistoryReader::open(path);
  const auto compared = compare_runs(**reader, "a", "b", {});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  fmt::print("two runs of an hour, twelve steps, {} figures: {:.2f} s, {:.2f} s of CPU\n", compared->looks, seconds,
             used);
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  time_hours();
  fmt::print("of 200 pairs:                              equal, called   10 % slower, found   by --fail-if +5 %\n");
  for (const Kind& kind :
       {Kind{1, 60, 0.5, 10'000}, Kind{1, 60, 1, 10'000}, Kind{12, 60, 0.5, 10'000}, Kind{4, 60, 1, 600}}) {
    const Tally equal = judge_pairs(kind, 1);
    const Tally slower = judge_pairs(kind, 1.1);
    fmt::print("{:2} steps, {:3} s, sigma {:.1f}, {:5} samples {:12} {:18} {:18}\n", kind.steps, kind.seconds,
               kind.sigma, kind.samples, equal.changed, slower.found, slower.failed);
  }
  return 0;
}
