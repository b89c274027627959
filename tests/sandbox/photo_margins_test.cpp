// The thresholds of the photo rules are far from the values on both sides. The figures are in docs/photos.md.
#include "sandbox/photo_card.hpp"
#include "sandbox/photo_check.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <algorithm>
#include <array>
#include <map>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace gelombang::test;

namespace {

constexpr std::uint64_t kNoLimit = 1U << 30;

struct Judged {
  std::string rule;
  CardMeasures measures;
};

Judged judge(const PhotoSpec& spec) {
  const std::string file = photo_of(spec);
  Judged judged;
  judged.rule = check_photo(bytes_of(file), kNoLimit).rule;
  Picture picture;
  FoundCard card;
  if (decode_photo(bytes_of(file), photo_kind(bytes_of(file)), picture).empty() && find_card(picture, card).empty()) {
    judged.measures = measure_card(picture, card);
  }
  return judged;
}

// A different photo for each seed: size, format, dimensions, noise and colours vary.
PhotoSpec varied(std::uint64_t seed) {
  PhotoSpec spec = specimen(seed);
  constexpr std::array<std::uint64_t, 5> kSizes = {60'000, 100'000, 180'000, 300'000, 450'000};
  constexpr std::array<std::array<int, 2>, 5> kDimensions = {{{0, 0}, {640, 480}, {800, 600}, {1280, 720}, {720, 960}}};
  constexpr std::array<const char*, 3> kPortraits = {"#2c64ae", "#b3262b", "#d9812a"};
  const auto dimensions = kDimensions[seed % kDimensions.size()];
  spec.width = dimensions[0];
  spec.height = dimensions[1];
  if (spec.width == 0) spec.size = kSizes[seed / 5 % kSizes.size()];
  if (seed % 4 == 3) spec.format = PhotoFormat::png;
  spec.portrait_color = kPortraits[seed % kPortraits.size()];
  spec.grain = static_cast<double>(seed % 7) * 2;
  return spec;
}

}  // namespace

TEST_CASE("photo margins: 200 good cards are accepted, with room to spare", "[unit][statistics]") {
  double least_sharpness = 1;
  double least_colour = 255;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Judged judged = judge(varied(seed));
    CAPTURE(seed);
    CHECK(judged.rule.empty());
    least_sharpness = std::min(least_sharpness, judged.measures.sharpness);
    least_colour = std::min(least_colour, judged.measures.colour);
  }
  CHECK(least_sharpness > 0.35);
  CHECK(least_colour > 50);
}

TEST_CASE("photo margins: large photos are accepted too", "[unit][statistics]") {
  for (const std::uint64_t size : {1'900'000ULL, 4'000'000ULL}) {
    for (const auto format : {PhotoFormat::jpeg, PhotoFormat::png}) {
      PhotoSpec spec = specimen(size);
      spec.size = size;
      spec.format = format;
      CHECK(judge(spec).rule.empty());
    }
  }
}

TEST_CASE("photo margins: a corner outside is found from one hundredth of the card on", "[unit][statistics]") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    PhotoSpec spec = varied(seed);
    spec.crop = std::array{0.01, 0.03, 0.1, 0.25, 0.5}[seed % 5];
    CAPTURE(seed, spec.crop);
    CHECK(judge(spec).rule == "framing");
  }
}

TEST_CASE("photo margins: photocopies are refused as such", "[unit][statistics]") {
  double most_colour = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    PhotoSpec spec = varied(seed);
    spec.photocopy = true;
    const Judged judged = judge(spec);
    CAPTURE(seed);
    CHECK(judged.rule == "photocopy");
    most_colour = std::max(most_colour, judged.measures.colour);
  }
  CHECK(most_colour < 5);
}

TEST_CASE("photo margins: a photocopy under warm light is still one", "[unit][statistics]") {
  PhotoSpec spec = specimen();
  spec.photocopy = true;
  const std::string file = photo_of(spec);
  Picture picture;
  REQUIRE(decode_photo(bytes_of(file), PhotoKind::jpeg, picture).empty());
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) {
    picture.rgb[i + 1] = static_cast<std::uint8_t>(picture.rgb[i + 1] * 0.88);
    picture.rgb[i + 2] = static_cast<std::uint8_t>(picture.rgb[i + 2] * 0.70);
  }
  FoundCard card;
  REQUIRE(find_card(picture, card).empty());
  CHECK(measure_card(picture, card).colour < 10);
}

TEST_CASE("photo margins: sharpness falls as blur grows, and 2 is accepted, 4 refused", "[unit][statistics]") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    double before = 1;
    for (const double blur : {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0}) {
      PhotoSpec spec = varied(seed);
      spec.blur = blur;
      const Judged judged = judge(spec);
      CAPTURE(seed, blur, judged.measures.sharpness);
      // At 3 the noise and the number of pixels decide.
      if (blur != 3) CHECK(judged.rule == (blur < 3 ? "" : "blur"));
      CHECK(judged.measures.sharpness < before);
      before = judged.measures.sharpness;
    }
  }
}

TEST_CASE("photo margins: noise neither hides blur nor passes for it", "[unit][statistics]") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    PhotoSpec spec = specimen(seed);
    spec.width = 640;
    spec.height = 480;
    spec.grain = 20;
    CHECK(judge(spec).rule.empty());
    for (const double blur : {5.0, 12.0}) {
      spec.blur = blur;
      CHECK(judge(spec).rule == "blur");
    }
  }
}
