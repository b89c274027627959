// Bytes from outside that are not a photo, or a photo that was made to do harm.
#include "base/random.hpp"
#include "sandbox/photo_check.hpp"
#include "sandbox/photo_decode.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace gelombang::test;

namespace {

constexpr std::uint64_t kLimit = 2'000'000;

std::string rule_of(const std::string& file) { return check_photo(bytes_of(file), kLimit).rule; }

std::string jpeg() {
  PhotoSpec spec = specimen();
  spec.width = 640;
  spec.height = 480;
  return photo_of(spec);
}

std::string png() {
  PhotoSpec spec = specimen();
  spec.format = PhotoFormat::png;
  spec.size = 90'000;
  return photo_of(spec);
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>((value >> shift) & 255);
  return text;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(data.size(), 4) + body + big_endian(crc, 4);
}

std::string deflated(const std::string& data) {
  std::string packed(compressBound(data.size()), '\0');
  uLongf size = packed.size();
  REQUIRE(compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                    data.size(), 9) == Z_OK);
  packed.resize(size);
  return packed;
}

constexpr char kSignature[] = "\x89PNG\r\n\x1A\n";

std::string png_of(std::uint32_t width, std::uint32_t height, bool interlaced, const std::string& data) {
  const std::string header = big_endian(width, 4) + big_endian(height, 4) + std::string("\x08\x02\0\0", 4) +
                             std::string(1, interlaced ? '\1' : '\0');
  return kSignature + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", "");
}

// The position of the frame header's height.
std::size_t frame_of(const std::string& file) { return file.find("\xFF\xC0") + 5; }

}  // namespace

TEST_CASE("bad photo bytes: nothing and next to nothing", "[unit]") {
  CHECK(rule_of("") == "format");
  CHECK(rule_of("\xFF") == "format");
  CHECK(rule_of("\xFF\xD8\xFF") == "readable");
  CHECK(rule_of(kSignature) == "readable");
  CHECK(check_photo({}, 0).rule == "size");
}

TEST_CASE("bad photo bytes: a photo that was cut off is not readable", "[unit]") {
  for (const std::string& file : {jpeg(), png()}) {
    REQUIRE(rule_of(file).empty());
    for (const double share : {0.01, 0.3, 0.7, 0.99}) {
      CAPTURE(share);
      CHECK(rule_of(file.substr(0, static_cast<std::size_t>(share * static_cast<double>(file.size())))) == "readable");
    }
  }
}

TEST_CASE("bad photo bytes: a JPEG that claims impossible dimensions is refused before it is decoded", "[unit]") {
  std::string file = jpeg();
  const std::size_t frame = frame_of(file);
  file.replace(frame, 4, big_endian(65'500, 2) + big_endian(65'500, 2));
  const PhotoVerdict verdict = check_photo(bytes_of(file), kLimit);
  CHECK(verdict.rule == "readable");
  CHECK_THAT(verdict.message, Catch::Contains("terlalu besar"));
  file.replace(frame, 4, big_endian(0, 2) + big_endian(100, 2));
  CHECK_THAT(check_photo(bytes_of(file), kLimit).message, Catch::Contains("terlalu kecil"));
}

TEST_CASE("bad photo bytes: a progressive JPEG is held to the memory of its coefficients", "[unit]") {
  std::string file = jpeg();
  const std::size_t frame = frame_of(file);
  file.replace(frame - 5, 2, "\xFF\xC2");
  file.replace(frame, 4, big_endian(6000, 2) + big_endian(6000, 2));
  CHECK_THAT(check_photo(bytes_of(file), kLimit).message, Catch::Contains("terlalu besar"));
}

TEST_CASE("bad photo bytes: a thousand scans are not decoded", "[unit]") {
  std::string file = jpeg();
  std::string scans;
  for (int i = 0; i < 1000; ++i) scans += std::string("\xFF\xDA\0\x08\1\1\0\0\x3F\0", 10);
  file.insert(file.size() - 2, scans);
  JpegHeader header;
  REQUIRE(read_jpeg_header(bytes_of(file), header));
  CHECK(header.scans == 1001);
  CHECK(header.buffered);
  CHECK(rule_of(file) == "readable");
}

TEST_CASE("bad photo bytes: a PNG bomb is refused by its header", "[unit]") {
  const std::string zeros = deflated(std::string(10'000'000, '\0'));
  CHECK(zeros.size() < 20'000);
  for (const std::uint32_t side : {15'000U, 60'000U, 0x7FFFFFFFU}) {
    const std::string file = png_of(side, side, false, zeros);
    CHECK(rule_of(file) == "readable");
  }
  CHECK_THAT(check_photo(bytes_of(png_of(3000, 3000, true, zeros)), kLimit).message, Catch::Contains("terlalu besar"));
}

TEST_CASE("bad photo bytes: compressed text in a PNG is not inflated", "[unit]") {
  std::string file = png();
  const std::string text = chunk("zTXt", std::string("Comment\0\0", 9) + deflated(std::string(20'000'000, 'A')));
  file.insert(33, text);
  CHECK(rule_of(file).empty());
}

TEST_CASE("bad photo bytes: an interlaced PNG is read", "[unit]") {
  // The seven passes of a uniform grey image: readable, but no card.
  std::string rows;
  constexpr int kSide = 256;
  constexpr int kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                 {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  for (const auto& pass : kPasses) {
    const int columns = (kSide - pass[0] + pass[2] - 1) / pass[2];
    for (int y = pass[1]; y < kSide; y += pass[3])
      rows += '\0' + std::string(static_cast<std::size_t>(columns) * 3, 'd');
  }
  CHECK(rule_of(png_of(kSide, kSide, true, deflated(rows))) == "framing");
}

TEST_CASE("bad photo bytes: an EXIF block that points outside itself is ignored", "[unit]") {
  PhotoSpec spec = specimen();
  spec.width = 640;
  spec.height = 480;
  spec.exif = true;
  const std::string good = photo_of(spec);
  const std::size_t tiff = good.find("Exif") + 6;
  for (const std::uint64_t offset : {0ULL, 27ULL, 65'535ULL, 0xFFFFFFF0ULL, 0xFFFFFFFFULL}) {
    std::string file = good;
    file.replace(tiff + 4, 4, big_endian(offset, 4));
    JpegHeader header;
    REQUIRE(read_jpeg_header(bytes_of(file), header));
    CHECK(header.orientation == 1);
    CHECK(rule_of(file).empty());
  }
}

TEST_CASE("bad photo bytes: every file of the fuzz corpus gets a verdict", "[unit]") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/photo")) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(stream), {}};
    const PhotoVerdict verdict = check_photo(bytes_of(file), kLimit);
    CAPTURE(entry.path().filename().string());
    CHECK(verdict.accepted == verdict.rule.empty());
    CHECK(verdict.accepted == (verdict.status == 200));
    ++files;
  }
  CHECK(files >= 10);
}

TEST_CASE("bad photo bytes: damage anywhere ends in a verdict", "[unit]") {
  const std::string good[] = {jpeg(), png()};
  RandomStream random(1, RandomPurpose::script, 0);
  for (int i = 0; i < 60; ++i) {
    std::string file = good[i % 2];
    for (int j = 0; j < 8; ++j) {
      // Half of the damage is in the headers.
      const std::size_t reach = j % 2 == 0 ? std::min<std::size_t>(700, file.size()) : file.size();
      file[random.below(reach)] = static_cast<char>(random.below(256));
    }
    const PhotoVerdict verdict = check_photo(bytes_of(file), kLimit);
    CHECK(verdict.accepted == verdict.rule.empty());
  }
}
