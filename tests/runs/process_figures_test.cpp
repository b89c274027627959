#include "runs/process_figures.hpp"

#include "engine/stall_detector.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <chrono>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("process figures: a step of the wall clock is seen, time that passes is not", "[unit]") {
  test::FakeClock clock;
  ProcessFigures figures(clock, HostLimits{1000, 100, 1 << 30, 2});
  clock.advance(10s);
  figures.sample({}, 0);
  CHECK(figures.health().clock_step == 0s);
  clock.step_wall(-1h);
  clock.advance(1s);
  figures.sample({}, 0);
  CHECK(figures.health().clock_step == -1h);
  clock.step_wall(200ms);
  figures.sample({}, 0);
  CHECK(figures.health().clock_step == -1h);
  CHECK(figures.health().cpu_share >= 0);
  CHECK(figures.max_rss_bytes() > 0);
  CHECK(figures.health().descriptors_peak > 2);
}

TEST_CASE("peak share: the busiest ten seconds count, shorter stretches only while there is nothing longer", "[unit]") {
  test::FakeClock clock;
  PeakShare share;
  double used = 0;
  const auto seconds = [&](int n, double each) {
    for (int i = 0; i < n; ++i) {
      clock.advance(1s);
      share.add(clock.now(), used += each);
    }
  };
  share.add(clock.now(), 0);
  CHECK(share.peak() == 0);
  seconds(2, 1.0);
  CHECK(share.peak() == Approx(1.0));
  seconds(8, 0.0);
  CHECK(share.peak() == Approx(0.2));
  seconds(10, 0.5);
  CHECK(share.peak() == Approx(0.5));
  seconds(100, 0.1);
  CHECK(share.peak() == Approx(0.5));
}

TEST_CASE("process figures: cores are read from /proc/stat with what was stolen from them", "[unit]") {
  const auto cores = read_core_times(
      "cpu  100 0 0 900 0 0 0 0 0 0\n"
      "cpu0 10 20 30 400 50 6 7 80 9 1\n"
      "cpu11 100 0 0 900 0 0 0 0 0 0\n"
      "intr 12345\nbtime 1\n",
      100);
  REQUIRE(cores.size() == 2);
  CHECK(cores[0].busy == Approx(1.53));
  CHECK(cores[0].stolen == Approx(0.8));
  CHECK(cores[1].busy == Approx(1.0));
  CHECK(cores[1].stolen == 0);
  CHECK(read_core_times("", 100).empty());
}

TEST_CASE("process figures: the workers' own figures are brought together, the busiest of them apart", "[unit]") {
  test::FakeClock clock;
  ProcessFigures figures(clock, HostLimits{1000, 100, 1 << 30, 2});
  WorkerHealth a;
  WorkerHealth b;
  const std::vector<const WorkerHealth*> workers{&a, &b};
  figures.sample(workers, 0);
  clock.advance(2s);
  a.cpu = 1'000'000'000;
  b.cpu = 1'900'000'000;
  a.stalls = 1;
  b.stalls = 2;
  a.stalled = 300'000'000;
  b.stalled = 700'000'000;
  a.longest_stall = 300'000'000;
  b.longest_stall = 500'000'000;
  a.observed = b.observed = 2'000'000'000;
  a.add_gc_pause(3ms);
  b.add_gc_pause(1ms);
  a.late_arrivals = 5;
  figures.sample(workers, 0);
  const GeneratorHealth& health = figures.health();
  CHECK(health.worker_cpu_share == Approx(0.95));
  CHECK(health.stalls == 3);
  CHECK(health.stalled_share() == Approx(0.25));
  CHECK(health.longest_stall == 500ms);
  CHECK(health.gc_time == 4ms);
  CHECK(health.gc_longest == 3ms);
  CHECK(health.late_arrivals == 5);
  CHECK(health.descriptors_limit == 1000);
}
