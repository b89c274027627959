#include "sandbox/multipart.hpp"

#include "tests/support/catch.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/photo_upload.hpp"
#include "tests/support/child_process.hpp"

using gelombang::sandbox::MultipartEvents;
using gelombang::sandbox::MultipartParser;
using gelombang::sandbox::PartHeader;
using gelombang::sandbox::PhotoUpload;
using gelombang::sandbox::UploadMemory;

namespace {

struct Parts final : MultipartEvents {
  struct Part {
    PartHeader header;
    std::string data;
  };
  std::vector<Part> list;
  void on_part(const PartHeader& header) override { list.push_back({header, {}}); }
  void on_data(std::string_view bytes) override { list.back().data.append(bytes); }
};

// Feeds `body` in pieces of `step` bytes.
MultipartParser::State parse(const std::string& body, std::size_t step, Parts& parts,
                             std::string_view boundary = "xYz") {
  MultipartParser parser(boundary, parts);
  for (std::size_t at = 0; at < body.size(); at += step) parser.feed(std::string_view(body).substr(at, step));
  return parser.state();
}

const std::string kTwoParts =
    "--xYz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
    "--xYz\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a \\\"b\\\".jpg\"\r\n"
    "content-type: image/jpeg\r\n\r\nAB\r\n--xY\r\nCD\r\r\n\r\n--xYz--\r\n";

}  // namespace

TEST_CASE("multipart: the same parts come out however the body is cut") {
  for (std::size_t step = 1; step <= kTwoParts.size(); ++step) {
    Parts parts;
    REQUIRE(parse(kTwoParts, step, parts) == MultipartParser::State::complete);
    REQUIRE(parts.list.size() == 2);
    REQUIRE(parts.list[0].header.name == "note");
    REQUIRE(parts.list[0].data == "hello");
    REQUIRE(parts.list[1].header.name == "photo");
    REQUIRE(parts.list[1].header.filename == "a \"b\".jpg");
    REQUIRE(parts.list[1].header.content_type == "image/jpeg");
    REQUIRE(parts.list[1].data == "AB\r\n--xY\r\nCD\r\r\n");
  }
}

TEST_CASE("multipart: a preamble and an epilogue are read past") {
  Parts parts;
  const std::string body =
      "ignored\r\n--xYz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--xYz--\r\nignored --xYz too";
  REQUIRE(parse(body, 3, parts) == MultipartParser::State::complete);
  REQUIRE(parts.list.size() == 1);
  REQUIRE(parts.list[0].data.empty());
}

TEST_CASE("multipart: a body that stops early is never complete") {
  // Up to the last byte of the closing delimiter.
  const std::size_t closing = kTwoParts.rfind("--") + 2;
  for (std::size_t length = 0; length < closing; ++length) {
    Parts parts;
    REQUIRE(parse(kTwoParts.substr(0, length), 7, parts) != MultipartParser::State::complete);
  }
}

TEST_CASE("multipart: nonsense is malformed, not endless") {
  Parts parts;
  REQUIRE(parse("--xYz\r\nNo-Name: 1\r\n\r\n", 5, parts) == MultipartParser::State::malformed);
  REQUIRE(parse("--xYz\r\n" + std::string(20'000, 'h'), 100, parts) == MultipartParser::State::malformed);
  REQUIRE(parse("--xYz" + std::string(1'000, ' '), 100, parts) == MultipartParser::State::malformed);
  std::string many;
  for (unsigned i = 0; i <= MultipartParser::kMaxParts; ++i) {
    many += "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
  }
  REQUIRE(parse(many + "--xYz--", 64, parts) == MultipartParser::State::malformed);
}

TEST_CASE("multipart: the boundary is read as RFC 2046 writes it") {
  const auto boundary = [](const char* type) { return MultipartParser::boundary_of(type).value_or("(none)"); };
  REQUIRE(boundary("multipart/form-data; boundary=abc") == "abc");
  REQUIRE(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"") == "a b:c");
  REQUIRE(boundary("multipart/form-data") == "(none)");
  REQUIRE(boundary("multipart/mixed; boundary=abc") == "(none)");
  REQUIRE(boundary("application/json") == "(none)");
  REQUIRE(boundary("multipart/form-data; boundary=\"open") == "(none)");
  REQUIRE(boundary(("multipart/form-data; boundary=" + std::string(71, 'b')).c_str()) == "(none)");
}

TEST_CASE("photo upload: keeps the photo, never more of it than the limit, and gives its memory back") {
  UploadMemory memory(10'000'000);
  const std::string head = "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"k.jpg\"\r\n\r\n";
  {
    PhotoUpload upload("b", 1000, memory);
    upload.feed(head + std::string(999, 'x') + "\r\n--b--\r\n");
    REQUIRE(upload.outcome() == PhotoUpload::Outcome::photo);
    REQUIRE(upload.photo().size() == 999);
    REQUIRE(memory.used() > 0);
    PhotoUpload large("b", 1000, memory);
    large.feed(head + std::string(50'000, 'x') + "\r\n--b--\r\n");
    REQUIRE(large.outcome() == PhotoUpload::Outcome::photo);
    REQUIRE(large.photo().size() == 1000);
  }
  REQUIRE(memory.used() == 0);
}

TEST_CASE("photo upload: says what is missing") {
  UploadMemory memory(10'000'000);
  PhotoUpload other("b", 1000, memory);
  other.feed("--b\r\nContent-Disposition: form-data; name=\"foto\"\r\n\r\nx\r\n--b--\r\n");
  REQUIRE(other.outcome() == PhotoUpload::Outcome::no_photo);
  PhotoUpload cut("b", 1000, memory);
  cut.feed("--b\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\nxxxx");
  REQUIRE(cut.outcome() == PhotoUpload::Outcome::malformed);
  UploadMemory none(0);
  PhotoUpload starved("b", 1000, none);
  starved.feed("--b\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\nxxxx\r\n--b--\r\n");
  REQUIRE(starved.outcome() == PhotoUpload::Outcome::no_memory);
}

TEST_CASE("multipart: every stored fuzz input is parsed in bounded memory") {
  unsigned replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/multipart")) {
    const std::string body = gelombang::test::read_file(entry.path());
    Parts whole;
    Parts bytes;
    REQUIRE(parse(body, body.size() + 1, whole) == parse(body, 1, bytes));
    REQUIRE(whole.list.size() == bytes.list.size());
    ++replayed;
  }
  REQUIRE(replayed > 0);
}
