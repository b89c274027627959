#include "imaging/raster.hpp"

#include "tests/support/catch.hpp"

#include <cmath>

using namespace gelombang;

namespace {

Raster filled(int width, int height, std::uint8_t value) {
  Raster raster(width, height);
  std::fill(raster.pixels.begin(), raster.pixels.end(), value);
  return raster;
}

Raster numbered(int width, int height) {
  Raster raster(width, height);
  for (std::size_t i = 0; i < raster.pixels.size(); ++i) raster.pixels[i] = static_cast<std::uint8_t>(i * 7);
  return raster;
}

// The variance of the blur: the variance of the differentiated grey step between the two halves.
double spread_of_edge(const Raster& raster) {
  double weight = 0;
  double mean = 0;
  double square = 0;
  const std::uint8_t* row = raster.row(raster.height / 2);
  for (int x = 0; x + 1 < raster.width; ++x) {
    const double step = row[(x + 1) * 4] - row[x * 4];
    weight += step;
    mean += step * x;
    square += step * x * x;
  }
  mean /= weight;
  return square / weight - mean * mean;
}

}  // namespace

TEST_CASE("raster: a blur has the standard deviation that was asked", "[unit]") {
  for (const double sigma : {0.5, 0.8, 1.3, 2.0, 3.7, 8.0, 20.0}) {
    Raster raster = filled(300, 40, 20);
    for (int y = 0; y < raster.height; ++y) {
      std::fill(raster.row(y) + 150 * 4, raster.row(y) + 300 * 4, std::uint8_t{240});
    }
    blur(raster, sigma);
    CAPTURE(sigma);
    CHECK(std::sqrt(spread_of_edge(raster)) == Approx(sigma).epsilon(0.04));
  }
}

TEST_CASE("raster: a blur leaves an even surface as it is", "[unit]") {
  for (const double sigma : {0.4, 2.5, 15.0}) {
    Raster raster = filled(60, 50, 137);
    blur(raster, sigma);
    CHECK(raster.pixels == filled(60, 50, 137).pixels);
  }
}

TEST_CASE("raster: quarter turns add up", "[unit]") {
  const Raster original = numbered(13, 7);
  const Raster quarter = rotate(original, 90);
  CHECK(quarter.width == 7);
  CHECK(quarter.height == 13);
  // The top left corner moves to the top right.
  CHECK(std::equal(original.row(0), original.row(0) + 4, quarter.row(0) + 6 * 4));
  CHECK(rotate(quarter, 90).pixels == rotate(original, 180).pixels);
  CHECK(rotate(rotate(original, 180), 90).pixels == rotate(original, 270).pixels);
  CHECK(rotate(quarter, 270).pixels == original.pixels);
}

TEST_CASE("raster: noise has the strength that was asked and its own seed", "[unit]") {
  Raster raster = filled(400, 300, 128);
  RandomStream random(3, RandomPurpose::photo, 0);
  light_and_noise(raster, 6, random);
  double square = 0;
  double count = 0;
  for (int y = 0; y < raster.height; ++y) {
    const std::uint8_t* row = raster.row(y);
    for (int x = 0; x + 1 < raster.width; ++x) {
      const double step = row[(x + 1) * 4] - row[x * 4];
      square += step * step;
      count += 1;
    }
  }
  CHECK(std::sqrt(square / count / 2) == Approx(6).epsilon(0.05));

  Raster again = filled(400, 300, 128);
  RandomStream same(3, RandomPurpose::photo, 0);
  light_and_noise(again, 6, same);
  CHECK(again.pixels == raster.pixels);
}
