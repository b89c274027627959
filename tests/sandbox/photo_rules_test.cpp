#include "sandbox/photo_check.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace gelombang::test;

namespace {

constexpr std::uint64_t kLimit = 2'000'000;

PhotoVerdict judge(const PhotoSpec& spec, std::uint64_t limit = kLimit) {
  return check_photo(bytes_of(photo_of(spec)), limit);
}

}  // namespace

TEST_CASE("photo rules: a photo must be strictly below the limit", "[unit]") {
  for (const auto format : {PhotoFormat::jpeg, PhotoFormat::png}) {
    PhotoSpec spec = specimen();
    spec.format = format;
    spec.size = 1'999'999;
    CHECK(judge(spec).accepted);
    CHECK(judge(spec).status == 200);
    for (const std::uint64_t size : {2'000'000ULL, 2'000'001ULL}) {
      spec.size = size;
      const PhotoVerdict verdict = judge(spec);
      CHECK(!verdict.accepted);
      CHECK(verdict.rule == "size");
      CHECK(verdict.status == 413);
      CHECK_THAT(verdict.message, Catch::Contains("2000000"));
    }
  }
}

TEST_CASE("photo rules: the format is judged by content, after the size", "[unit]") {
  for (const auto format : {PhotoFormat::heic_like, PhotoFormat::pdf}) {
    PhotoSpec spec = specimen();
    spec.format = format;
    spec.size = 300'000;
    CHECK(judge(spec).rule == "format");
    CHECK(judge(spec).status == 415);
    spec.size = 2'000'000;
    CHECK(judge(spec).rule == "size");
  }
  PhotoSpec spec = specimen();
  spec.wrong_bytes = true;
  CHECK(judge(spec).rule == "format");
}

TEST_CASE("photo rules: each defect is refused by its own rule", "[unit]") {
  PhotoSpec spec = specimen();
  spec.crop = 0.1;
  CHECK(judge(spec).rule == "framing");
  spec = specimen();
  spec.blur = 6;
  CHECK(judge(spec).rule == "blur");
  spec = specimen();
  spec.photocopy = true;
  CHECK(judge(spec).rule == "photocopy");
  const PhotoVerdict verdict = judge(spec);
  CHECK(!verdict.accepted);
  CHECK(verdict.status == 422);
  CHECK_THAT(verdict.message, Catch::Contains("fotokopi"));
}

TEST_CASE("photo rules: the EXIF orientation is honoured", "[unit]") {
  for (const int rotated : {90, 180, 270}) {
    PhotoSpec spec = specimen();
    spec.rotated = rotated;
    spec.exif = true;
    CHECK(judge(spec).accepted);
    // Without the tag the same pixels show a card on its side. A card upside down looks like an upright one.
    spec.exif = false;
    CHECK(judge(spec).rule == (rotated == 180 ? "" : "framing"));
  }
}

TEST_CASE("photo rules: a picture of something else is not a card", "[unit]") {
  PhotoSpec spec = specimen();
  spec.card_color = spec.portrait_color = spec.table_color = "#404040";
  spec.stamp_color = spec.text_color = "#484848";
  CHECK(judge(spec).rule == "framing");
  // On a bright table the card cannot be found.
  spec = specimen();
  spec.table_color = "#e8f0f4";
  CHECK(judge(spec).rule == "framing");
}
