#include "metrics/history/writer.hpp"

#include "tests/metrics/thresholds/busy_portal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("history: an hour at 1,000 requests/s with twelve steps stays under 60 MB", "[integration][statistics]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  test::BusyPortal portal;
  RunStart start;
  start.id = "hour";
  start.plan = "{}";
  start.layout = portal.layout();
  int second = 0;
  RandomStream ages(2, RandomPurpose::script, 0);
  UnderWay under_way(*portal.layout());
  // Three hundred people, most of them in their step for less than a second.
  const auto wait = [&](TimePoint now) {
    std::vector<OpenVisit> visits;
    for (std::size_t i = 0; i < 300; ++i) {
      const TimePoint began = now - from_seconds(ages.log_normal_between(0.001, 1));
      const TimePoint arrived = began - from_seconds(ages.log_normal_between(1, 60));
      visits.push_back({0, arrived, arrived, OpenStep{static_cast<StepId>(i % portal.kSteps), began, began, {}, {}}});
    }
    under_way.clear();
    under_way.add(visits, now);
  };
  const auto play_until = [&](int end, const std::string& id) {
    start.id = id;
    const auto writer = HistoryWriter::open(path, start).value();
    for (; second < end; ++second) {
      portal.play_second();
      const Snapshot delta = portal.recorder().take();
      SampledDetails details(portal.layout()->boundaries);
      portal.recorder().take(details);
      wait(TimePoint(1h + 1s * second));
      writer->add({1s * second, 1s * (second + 1), 1000, {}, ValidityState::valid, 0, delta, &details, &under_way});
      // The records come no faster than they are written.
      REQUIRE(writer->flush());
    }
  };
  // After a minute or two the bounded tables of a run (attempts, evidence) are full. From then on the file grows
  // evenly.
  play_until(180, "first");
  const auto first = std::filesystem::file_size(path);
  play_until(300, "second");
  const auto second_size = std::filesystem::file_size(path);
  const double hour = static_cast<double>(first) + static_cast<double>(second_size - first) / 120 * (3600 - 180);
  INFO("an hour takes " << hour / 1e6 << " MB");
  CHECK(hour < 60e6);
}
