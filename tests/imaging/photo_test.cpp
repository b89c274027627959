#include "imaging/photo.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <png.h>
#include <turbojpeg.h>

#include <cstring>
#include <limits>
#include <thread>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;

namespace {

struct Decoded {
  int width = 0;
  int height = 0;
  std::vector<unsigned char> rgb;
};

Decoded decode_jpeg(const std::string& file) {
  Decoded decoded;
  tjhandle turbo = tjInitDecompress();
  int sampling = 0;
  int space = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(file.data());
  REQUIRE(tjDecompressHeader3(turbo, data, file.size(), &decoded.width, &decoded.height, &sampling, &space) == 0);
  decoded.rgb.resize(static_cast<std::size_t>(decoded.width * decoded.height) * 3);
  REQUIRE(tjDecompress2(turbo, data, file.size(), decoded.rgb.data(), 0, 0, 0, TJPF_RGB, TJFLAG_STOPONWARNING) == 0);
  tjDestroy(turbo);
  return decoded;
}

Decoded decode_png(const std::string& file) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, file.data(), file.size()) != 0);
  image.format = PNG_FORMAT_RGB;
  Decoded decoded{static_cast<int>(image.width), static_cast<int>(image.height), {}};
  decoded.rgb.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, decoded.rgb.data(), 0, nullptr) != 0);
  CHECK(image.warning_or_error == 0);
  return decoded;
}

std::string without_comments(const std::string& jpeg) {
  std::string kept = jpeg.substr(0, 2);
  std::size_t at = 2;
  while (jpeg[at + 1] != '\xDA') {
    const std::size_t length = 2 + static_cast<std::size_t>(static_cast<unsigned char>(jpeg[at + 2])) * 256 +
                               static_cast<unsigned char>(jpeg[at + 3]);
    if (jpeg[at + 1] != '\xFE') kept += jpeg.substr(at, length);
    at += length;
  }
  return kept + jpeg.substr(at);
}

}  // namespace

TEST_CASE("photo: a JPEG has the exact size that was asked, and padding does not show", "[unit]") {
  for (const std::uint64_t size :
       {60'000ULL, 333'333ULL, 1'999'999ULL, 2'000'000ULL, 2'000'001ULL, 2'097'151ULL, 2'097'152ULL, 2'097'153ULL}) {
    PhotoSpec spec = specimen();
    spec.size = size;
    const std::string file = photo_of(spec);
    CAPTURE(size);
    CHECK(file.size() == size);
    const std::string bare = without_comments(file);
    CHECK(bare.size() < file.size());
    CHECK(bare.size() > size / 2);  // most of the file is pixels, not padding
    const Decoded decoded = decode_jpeg(file);
    CHECK(decoded.rgb == decode_jpeg(bare).rgb);
    CHECK(decoded.width * 3 == decoded.height * 4);
  }
}

TEST_CASE("photo: a PNG has the exact size that was asked", "[unit]") {
  for (const std::uint64_t size : {60'000ULL, 333'333ULL, 1'999'999ULL, 2'000'000ULL}) {
    PhotoSpec spec = specimen();
    spec.format = PhotoFormat::png;
    spec.size = size;
    const std::string file = photo_of(spec);
    CAPTURE(size);
    CHECK(file.size() == size);
    CHECK(decode_png(file).width >= 320);
  }
}

TEST_CASE("photo: eight megabytes are possible", "[unit]") {
  PhotoSpec spec = specimen();
  spec.size = 8'000'000;
  const std::string file = photo_of(spec);
  CHECK(file.size() == 8'000'000);
  CHECK(decode_jpeg(file).width == 4000);
}

TEST_CASE("photo: dimensions that were asked are kept, at any size that they allow", "[unit]") {
  PhotoSpec spec = specimen();
  spec.width = 900;
  spec.height = 1200;
  for (const std::uint64_t size : {0ULL, 90'000ULL, 400'000ULL, 3'000'000ULL}) {
    spec.size = size;
    const Decoded decoded = decode_jpeg(photo_of(spec));
    CHECK(decoded.width == 900);
    CHECK(decoded.height == 1200);
  }
  spec.size = 0;
  spec.format = PhotoFormat::png;
  CHECK(decode_png(photo_of(spec)).height == 1200);
}

TEST_CASE("photo: the same spec gives the same bytes, on any thread, and another seed gives others", "[unit]") {
  PhotoSpec spec = specimen(7);
  spec.width = 800;
  spec.height = 600;
  std::vector<std::string> files(4);
  std::vector<std::thread> threads;
  for (auto& file : files) {
    threads.emplace_back([&file, spec] {
      const auto made = make_photo(spec);
      if (made) file = **made;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(!files[0].empty());
  for (const auto& file : files) CHECK(file == files[0]);
  spec.seed = 8;
  CHECK(photo_of(spec) != files[0]);
}

TEST_CASE("photo: an EXIF tag turns stored pixels back", "[unit]") {
  const std::vector<std::pair<int, char>> tags = {{0, 1}, {90, 8}, {180, 3}, {270, 6}};
  for (const auto& [rotated, tag] : tags) {
    PhotoSpec spec = specimen();
    spec.width = 800;
    spec.height = 600;
    spec.rotated = rotated;
    spec.exif = true;
    const std::string file = photo_of(spec);
    const std::size_t exif = file.find(std::string("Exif\0\0MM\0\x2A", 10));
    REQUIRE(exif != std::string::npos);
    CHECK(file.substr(exif + 16, 9) == std::string("\x01\x12\0\x03\0\0\0\x01\0", 9));
    CHECK(file[exif + 25] == tag);
    CHECK(decode_jpeg(file).width == (rotated % 180 == 0 ? 800 : 600));
  }
}

TEST_CASE("photo: wrong bytes begin like no image, whatever the format says", "[unit]") {
  PhotoSpec spec = specimen();
  spec.wrong_bytes = true;
  for (const std::uint64_t size : {1ULL, 60'000ULL, 2'000'000ULL}) {
    spec.size = size;
    const std::string file = photo_of(spec);
    CHECK(file.size() == size);
    CHECK(file[0] == '\x01');
  }
}

TEST_CASE("photo: what cannot be made is an error that says what was expected", "[unit]") {
  struct Case {
    const char* part;
    void (*spoil)(PhotoSpec&);
  };
  const std::vector<Case> cases = {
      {"too few for this jpg", [](PhotoSpec& s) { s.size = 3000; }},
      {"too few for this png", [](PhotoSpec& s) { s.size = 9000, s.format = PhotoFormat::png; }},
      {"too few for this pdf", [](PhotoSpec& s) { s.size = 900, s.format = PhotoFormat::pdf; }},
      {"too few for this heic", [](PhotoSpec& s) { s.size = 90, s.format = PhotoFormat::heic_like; }},
      {"too few for this jpg", [](PhotoSpec& s) { s.size = 100'000, s.width = 4000, s.height = 3000; }},
      {"too few for this jpg", [](PhotoSpec& s) { s.size = 300'000, s.quality = 98; }},
      {"at most 64000000", [](PhotoSpec& s) { s.size = 64'000'001; }},
      {"both width and height", [](PhotoSpec& s) { s.width = 800; }},
      {"width = 100, expected 240 to 8000", [](PhotoSpec& s) { s.width = 100, s.height = 800; }},
      {"height = 9000", [](PhotoSpec& s) { s.width = 800, s.height = 9000; }},
      {"at most 24000000 in all", [](PhotoSpec& s) { s.width = s.height = 8000; }},
      {"quality = 101", [](PhotoSpec& s) { s.quality = 101; }},
      {"blur = -1", [](PhotoSpec& s) { s.blur = -1; }},
      {"crop = 0.6", [](PhotoSpec& s) { s.crop = 0.6; }},
      {"grain = 21", [](PhotoSpec& s) { s.grain = 21; }},
      {"rotated = 45", [](PhotoSpec& s) { s.rotated = 45; }},
      {"exif is for the format jpeg only", [](PhotoSpec& s) { s.exif = true, s.format = PhotoFormat::png; }},
      {"quality is for", [](PhotoSpec& s) { s.quality = 80, s.format = PhotoFormat::png; }},
      {"bad colour 'blue'", [](PhotoSpec& s) { s.card_color = "blue"; }},
      {"bad colour '#12345g'", [](PhotoSpec& s) { s.table_color = "#12345g"; }},
      {"stamp is empty", [](PhotoSpec& s) { s.stamp.clear(); }},
      {"5 title lines", [](PhotoSpec& s) { s.title.assign(5, "X"); }},
      {"25 lines",
       [](PhotoSpec& s) {
         s.lines.assign(25, {"", "X"});
       }},
      {"longer than 120 bytes",
       [](PhotoSpec& s) {
         s.lines = {{"", std::string(121, 'X')}};
       }},
      {"cannot be drawn", [](PhotoSpec& s) { s.title = {"\xFF\xFE"}; }},
  };
  for (const auto& [part, spoil] : cases) {
    PhotoSpec spec = specimen();
    spoil(spec);
    const auto made = make_photo(spec);
    CAPTURE(part);
    REQUIRE(made.has_error());
    CHECK_THAT(made.error().message, Catch::Contains(part));
    CHECK(made.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("photo: not-a-number is refused too", "[unit]") {
  PhotoSpec spec = specimen();
  spec.blur = std::numeric_limits<double>::quiet_NaN();
  CHECK(make_photo(spec).has_error());
}

TEST_CASE("photo: formats have names, types and extensions", "[unit]") {
  CHECK(*parse_photo_format("jpeg") == PhotoFormat::jpeg);
  CHECK(*parse_photo_format("jpg") == PhotoFormat::jpeg);
  CHECK(*parse_photo_format("png") == PhotoFormat::png);
  CHECK(*parse_photo_format("heic_like") == PhotoFormat::heic_like);
  CHECK(*parse_photo_format("pdf") == PhotoFormat::pdf);
  CHECK(parse_photo_format("gif").has_error());
  CHECK(photo_media_type(PhotoFormat::heic_like) == "image/heic");
  CHECK(photo_extension(PhotoFormat::jpeg) == "jpg");
}
