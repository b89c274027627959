#include "app/process_figures.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <chrono>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("process figures: a step of the wall clock is seen, time that passes is not", "[unit]") {
  test::FakeClock clock;
  ProcessFigures figures(clock);
  clock.advance(10s);
  figures.sample();
  CHECK(figures.clock_step() == 0s);
  clock.step_wall(-1h);
  clock.advance(1s);
  figures.sample();
  CHECK(figures.clock_step() == -1h);
  clock.step_wall(200ms);
  figures.sample();
  CHECK(figures.clock_step() == -1h);
  CHECK(figures.cpu_share(2) >= 0);
  CHECK(figures.max_rss_bytes() > 0);
  CHECK(figures.descriptors_peak() > 2);
}
