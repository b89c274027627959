#include "imaging/container.hpp"

#include "imaging/photo.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/specimen.hpp"

#include <string_view>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::literals;

namespace {

std::uint64_t big_endian(std::string_view text, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(text.at(at + i));
  return value;
}

}  // namespace

TEST_CASE("container: the boxes of a HEIC-like file fill it, and its item lies in the data", "[unit]") {
  for (const std::uint64_t size : {60'000ULL, 1'999'999ULL}) {
    PhotoSpec spec = specimen();
    spec.format = PhotoFormat::heic_like;
    spec.size = size;
    const std::string file = photo_of(spec);
    const std::string_view text = file;
    REQUIRE(text.size() == size);
    std::string types;
    std::size_t data = 0;
    std::size_t at = 0;
    for (; at < text.size(); at += big_endian(text, at, 4)) {
      REQUIRE(big_endian(text, at, 4) >= 8);
      types += std::string(text.substr(at + 4, 4)) + " ";
      if (text.substr(at + 4, 4) == "mdat"sv) data = at + 8;
    }
    CHECK(at == text.size());
    CHECK(types == "ftyp meta mdat ");
    CHECK(text.substr(8, 4) == "heic"sv);
    const std::size_t location = text.find("iloc"sv);
    CHECK(big_endian(text, location + 18, 4) == data);
    CHECK(big_endian(text, location + 22, 4) == text.size() - data);
  }
}

TEST_CASE("container: every entry of a PDF's table points at its object", "[unit]") {
  for (const std::uint64_t size : {0ULL, 300'000ULL, 300'001ULL, 1'999'999ULL}) {
    PhotoSpec spec = specimen();
    spec.format = PhotoFormat::pdf;
    spec.size = size;
    const std::string file = photo_of(spec);
    const std::string_view text = file;
    if (size != 0) CHECK(text.size() == size);
    CHECK(text.substr(0, 8) == "%PDF-1.4"sv);
    CHECK(text.substr(text.size() - 6) == "%%EOF\n"sv);
    const std::size_t start = text.rfind("startxref\n"sv) + 10;
    const std::size_t table = std::stoull(std::string(text.substr(start, 10)));
    REQUIRE(text.substr(table, 9) == "xref\n0 6\n"sv);
    for (std::size_t number = 1; number <= 5; ++number) {
      const std::size_t offset = std::stoull(std::string(text.substr(table + 9 + number * 20, 10)));
      CHECK(text.substr(offset, 7) == std::to_string(number) + " 0 obj");
    }
    const std::size_t image = text.find("/DCTDecode /Length "sv);
    const std::size_t length = std::stoull(std::string(text.substr(image + 19, 10)));
    const std::size_t stream = text.find("stream\n"sv, image) + 7;
    CHECK(text.substr(stream, 3) == "\xFF\xD8\xFF"sv);
    CHECK(text.substr(stream + length - 2, 2) == "\xFF\xD9"sv);
    CHECK(text.substr(stream + length, 10) == "\nendstream"sv);
  }
}

TEST_CASE("container: a JPEG grows by any number of bytes from four", "[unit]") {
  const std::string jpeg = "\xFF\xD8\xFF\xE0\x00\x04zz\xFF\xDB\x00\x02\xFF\xD9"s;
  RandomStream random(1, RandomPurpose::photo, 0);
  for (const std::uint64_t bytes : {4ULL, 5ULL, 65'536ULL, 65'537ULL, 65'538ULL, 65'540ULL, 65'541ULL, 131'075ULL}) {
    const std::string padded = pad_jpeg(jpeg, bytes, random);
    CAPTURE(bytes);
    REQUIRE(padded.size() == jpeg.size() + bytes);
    CHECK(padded.substr(0, 8) == jpeg.substr(0, 8));
    std::size_t at = 8;
    while (padded.substr(at, 2) == "\xFF\xFE"sv) at += 2 + big_endian(padded, at + 2, 2);
    CHECK(padded.substr(at) == jpeg.substr(8));
  }
}
