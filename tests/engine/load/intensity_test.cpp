#include "engine/load/intensity.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

struct Piece {
  Duration length;
  double from;
  double to;
};

Intensity intensity_of(const std::vector<Piece>& pieces) {
  Intensity intensity;
  for (const Piece& piece : pieces) {
    intensity.add_piece(piece.length, Rate::per_second(piece.from), Rate::per_second(piece.to));
  }
  return intensity;
}

// All shapes in one: a ramp up from zero, a plateau, a jump, a gap without arrivals, a ramp down to zero, a piece of
// length 0, and a slope that is almost flat.
Intensity every_shape() {
  return intensity_of(
      {{10s, 0, 20}, {5s, 20, 20}, {2s, 100, 100}, {7s, 0, 0}, {4s, 3, 0}, {0s, 0, 50}, {6s, 50, 50.0000001}});
}

}  // namespace

TEST_CASE("intensity: the integral is the area under the pieces") {
  const Intensity intensity = every_shape();
  CHECK(intensity.length() == 34s);
  CHECK(intensity.integral(-1s) == 0);
  CHECK(intensity.integral(0s) == 0);
  CHECK(intensity.integral(5s) == Approx(25));  // half of the ramp, a quarter of its area
  CHECK(intensity.integral(10s) == Approx(100));
  CHECK(intensity.integral(15s) == Approx(200));
  CHECK(intensity.integral(16s) == Approx(300));
  CHECK(intensity.integral(17s) == Approx(400));
  CHECK(intensity.integral(20s) == Approx(400));  // no arrivals in the gap
  CHECK(intensity.integral(24s) == Approx(400));
  CHECK(intensity.integral(28s) == Approx(406));
  CHECK(intensity.integral(34s) == Approx(706));
  CHECK(intensity.integral(1h) == Approx(706));
  CHECK(intensity.total() == Approx(706));
}

TEST_CASE("intensity: the rate at a moment, and nothing outside") {
  const Intensity intensity = every_shape();
  CHECK(intensity.at(-1ns) == Rate{});
  CHECK(intensity.at(0s) == Rate{});
  CHECK(intensity.at(5s).per_second() == Approx(10));
  CHECK(intensity.at(12s).per_second() == Approx(20));
  CHECK(intensity.at(15s).per_second() == Approx(100));
  CHECK(intensity.at(20s) == Rate{});
  CHECK(intensity.at(26s).per_second() == Approx(1.5));
  CHECK(intensity.at(34s) == Rate{});
  CHECK(intensity.peak().per_second() == 100);
}

TEST_CASE("intensity: the inverse undoes the integral over ramps, jumps and gaps") {
  const Intensity intensity = every_shape();
  double before = -1;
  for (int i = 0; i < 7060; ++i) {
    const double arrivals = i / 10.0 + 0.05;
    const double offset = intensity.inverse(arrivals);
    CHECK(offset > before);
    before = offset;
    CHECK(intensity.integral(from_seconds(offset)) == Approx(arrivals).margin(1e-6));
    CHECK_FALSE((offset > 17.000001 && offset < 24));  // the gap
  }
}

TEST_CASE("intensity: the inverse knows the exact moments of simple shapes") {
  const Intensity flat = intensity_of({{60s, 10, 10}});
  CHECK(flat.inverse(0) == 0);
  CHECK(flat.inverse(1) == Approx(0.1).epsilon(1e-14));
  CHECK(flat.inverse(599) == Approx(59.9).epsilon(1e-14));
  const Intensity ramp = intensity_of({{10s, 0, 20}});
  CHECK(ramp.inverse(1) == Approx(1).epsilon(1e-14));  // t^2 = 1
  CHECK(ramp.inverse(25) == Approx(5).epsilon(1e-14));
  const Intensity down = intensity_of({{10s, 20, 0}});
  CHECK(down.inverse(75) == Approx(5).epsilon(1e-12));
  CHECK(down.inverse(99.9999) < 10);
}

TEST_CASE("intensity: there is no moment beyond the last arrival") {
  const Intensity intensity = every_shape();
  CHECK(std::isinf(intensity.inverse(intensity.total())));
  CHECK(std::isinf(intensity.inverse(1e9)));
  CHECK(intensity.inverse(intensity.total() - 1e-9) <= 34);
  CHECK(std::isinf(Intensity{}.inverse(0)));
}

TEST_CASE("intensity: the first arrival after a gap comes when the gap ends") {
  const Intensity intensity = intensity_of({{10s, 0, 0}, {1s, 5, 5}, {10s, 0, 0}, {1s, 5, 5}});
  CHECK(intensity.inverse(0) == Approx(10));
  CHECK(intensity.inverse(5) == Approx(21));
  CHECK(intensity.inverse(4.999999) < 11);
}

TEST_CASE("intensity: scaling multiplies the rates and keeps the time") {
  const Intensity intensity = every_shape();
  const Intensity tenfold = intensity.scaled(10);
  CHECK(tenfold.length() == intensity.length());
  CHECK(tenfold.total() == Approx(10 * intensity.total()));
  CHECK(tenfold.peak().per_second() == Approx(1000));
  for (int second = 0; second <= 34; ++second) {
    const Duration offset = std::chrono::seconds(second);
    CHECK(tenfold.integral(offset) == Approx(10 * intensity.integral(offset)));
    CHECK(tenfold.at(offset).per_second() == Approx(10 * intensity.at(offset).per_second()));
  }
  CHECK(tenfold.inverse(250) == Approx(intensity.inverse(25)));
}
