// Content codings of bodies: layers, members, padding, faults, and how much output a small input may produce.
#include "probes/http/decoder.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/deflated.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;

namespace {

constexpr auto kGzip = ContentCoding::gzip;
constexpr auto kDeflate = ContentCoding::deflate;

struct Kept final : HttpDecoder::Sink {
  void take(std::string_view piece) override {
    text.append(piece);
    largest = std::max(largest, piece.size());
  }
  std::string text;
  std::size_t largest = 0;
};

struct Decoded {
  std::string text;
  bool malformed = false;
  bool complete = false;
  std::size_t calls = 0;
};

// Decodes in pieces of `step` bytes, as a network brings them, with at most `allowed` bytes of output in each call.
Decoded decode(const std::vector<ContentCoding>& layers, std::string_view coded, std::size_t step = 1 << 20,
               std::size_t allowed = 1 << 20) {
  HttpDecoder decoder;
  decoder.begin(layers);
  Kept kept;
  Decoded result;
  while (!coded.empty() && !result.malformed) {
    std::string_view piece = coded.substr(0, step);
    coded.remove_prefix(piece.size());
    for (auto state = HttpDecoder::State::exhausted; state == HttpDecoder::State::exhausted; ++result.calls) {
      std::size_t allowance = allowed;
      const std::size_t before = kept.text.size();
      state = decoder.decode(piece, allowance, kept);
      CHECK(kept.text.size() - before <= allowed);
      CHECK((state == HttpDecoder::State::malformed || state == HttpDecoder::State::exhausted || piece.empty()));
      result.malformed = state == HttpDecoder::State::malformed;
    }
  }
  result.complete = decoder.complete();
  result.text = kept.text;
  return result;
}

std::string some_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + '\n';
  text.resize(size);
  return text;
}

BodyCodings codings(std::initializer_list<ResponseHeaders::Line> lines) { return body_codings(ResponseHeaders(lines)); }

std::vector<ContentCoding> layers(std::initializer_list<ResponseHeaders::Line> lines) {
  const BodyCodings found = codings(lines);
  return {found.all().begin(), found.all().end()};
}

}  // namespace

TEST_CASE("decoder: the codings of an answer are those of all its lines, in their order") {
  CHECK(layers({{"Content-Encoding", "gzip"}}) == std::vector{kGzip});
  CHECK(layers({{"content-encoding", " X-GZIP "}}) == std::vector{kGzip});
  CHECK(layers({{"Content-Encoding", "deflate, , gzip"}}) == std::vector{kDeflate, kGzip});
  CHECK(layers({{"Content-Encoding", "deflate"}, {"A", "b"}, {"Content-Encoding", "gzip"}}) ==
        std::vector{kDeflate, kGzip});
  CHECK(layers({{"Content-Encoding", "identity, gzip, identity"}}) == std::vector{kGzip});
  CHECK(layers({{"Transfer-Encoding", "gzip, chunked"}, {"Content-Encoding", "deflate"}}) ==
        std::vector{kDeflate, kGzip});
  CHECK(codings({{"Transfer-Encoding", "chunked"}}).state == BodyCodings::State::plain);
  CHECK(codings({{"Content-Encoding", "identity"}}).state == BodyCodings::State::plain);
  CHECK(codings({{"Content-Encoding", ""}}).state == BodyCodings::State::plain);
  CHECK(codings({}).state == BodyCodings::State::plain);
}

TEST_CASE("decoder: with a coding that nobody knows nothing is taken off") {
  for (const char* value : {"utf-8", "br", "zip", "gzip, br", "br, gzip", "aws-chunked", "gzip;q=1", "gzipp"}) {
    CAPTURE(value);
    CHECK(codings({{"Content-Encoding", value}}).state == BodyCodings::State::plain);
    CHECK(layers({{"Content-Encoding", value}}).empty());
  }
}

TEST_CASE("decoder: more than five layers are too many") {
  CHECK(codings({{"Content-Encoding", "gzip, gzip, gzip, gzip, gzip"}}).state == BodyCodings::State::coded);
  CHECK(codings({{"Content-Encoding", "gzip, gzip, gzip, gzip, gzip, gzip"}}).state == BodyCodings::State::excessive);
  std::string many = "gzip";
  for (int i = 0; i < 10'000; ++i) many += ",gzip";
  CHECK(codings({{"Content-Encoding", many}}).state == BodyCodings::State::excessive);
}

TEST_CASE("decoder: each coding is read, however it is cut into pieces") {
  const std::string text = some_text(100'000);
  const std::vector<std::pair<std::vector<ContentCoding>, std::string>> bodies{
      {{kGzip}, deflated(text)},
      {{kDeflate}, deflated(text, Deflated::zlib)},
      {{kDeflate}, deflated(text, Deflated::raw)},
      {{kGzip, kGzip}, deflated(deflated(text))},
      {{kDeflate, kGzip, kDeflate}, deflated(deflated(deflated(text, Deflated::raw), Deflated::gzip), Deflated::zlib)}};
  for (const auto& [used, body] : bodies) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{16 * 1024}, body.size()}) {
      for (const std::size_t allowed : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20}) {
        CAPTURE(used.size(), step, allowed);
        const Decoded result = decode(used, body, step, allowed);
        REQUIRE(result.text == text);
        CHECK(result.complete);
      }
    }
  }
}

TEST_CASE("decoder: several members are one body, and zeros behind the last are padding") {
  const std::string members = deflated("one ") + deflated("") + deflated("two");
  for (const std::size_t step : {std::size_t{1}, members.size() + 600}) {
    for (const std::size_t zeros : {std::size_t{0}, std::size_t{1}, std::size_t{511}}) {
      CAPTURE(step, zeros);
      const Decoded result = decode({kGzip}, members + std::string(zeros, '\0'), step);
      CHECK(result.text == "one two");
      CHECK(result.complete);
    }
  }
  CHECK(decode({kDeflate}, deflated("one", Deflated::zlib) + std::string(3, '\0')).complete);
}

TEST_CASE("decoder: what ends early is not complete, wherever it ends") {
  const std::string whole = deflated("one") + deflated("two");
  const std::size_t boundary = deflated("one").size();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    const Decoded result = decode({kGzip}, whole.substr(0, size));
    CHECK_FALSE(result.malformed);
    CHECK(result.complete == (size == boundary));
  }
  const std::string twice = deflated(deflated("one"));
  for (std::size_t size = 1; size < twice.size(); ++size)
    CHECK_FALSE(decode({kGzip, kGzip}, twice.substr(0, size)).complete);
  const std::string inner_cut = deflated(deflated("one").substr(0, 15));
  CHECK_FALSE(decode({kGzip, kGzip}, inner_cut).complete);
  for (const Deflated format : {Deflated::zlib, Deflated::raw}) {
    const std::string body = deflated(some_text(500), format);
    for (std::size_t size = 1; size < body.size(); ++size)
      CHECK_FALSE(decode({kDeflate}, body.substr(0, size)).complete);
  }
  CHECK(decode({kGzip}, "").complete);  // no body at all
  CHECK(decode({kGzip, kGzip}, "").complete);
  CHECK(decode({kGzip}, deflated("")).complete);
  CHECK(decode({kGzip, kGzip}, deflated(deflated(""))).complete);
  CHECK_FALSE(decode({kGzip, kGzip}, deflated("")).complete);  // the inner layer has not begun
}

TEST_CASE("decoder: what is no such coding is malformed") {
  const std::string text = some_text(5'000);
  std::string wrong_sum = deflated(text);
  wrong_sum[wrong_sum.size() - 6] ^= 1;  // CRC
  std::string wrong_size = deflated(text);
  wrong_size.back() ^= 1;
  std::string wrong_adler = deflated(text, Deflated::zlib);
  wrong_adler.back() ^= 1;
  const std::vector<std::pair<std::vector<ContentCoding>, std::string>> bodies{
      {{kGzip}, "<html>"},
      {{kGzip}, deflated(text, Deflated::zlib)},
      {{kGzip}, wrong_sum},
      {{kGzip}, wrong_size},
      {{kGzip}, deflated(text) + "12345"},
      {{kGzip}, deflated(text) + std::string(4, '\0') + "x"},
      {{kGzip}, deflated(text) + std::string(1, '\0') + deflated(text)},  // gunzip reads no member after padding
      {{kGzip}, deflated(text) + "\x1fx"},
      {{kDeflate}, wrong_adler},
      {{kDeflate}, deflated(text, Deflated::zlib) + "x"},
      {{kDeflate}, deflated(text)},
      {{kGzip, kGzip}, deflated(text)}};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{1} << 20}) {
      CAPTURE(i, step);
      const Decoded result = decode(bodies[i].first, bodies[i].second, step);
      CHECK(result.malformed);
      CHECK_FALSE(result.complete);
    }
  }
}

TEST_CASE("decoder: what comes out of every layer is counted, in pieces, up to a limit") {
  // 1 GiB of zeros in three layers: a few hundred bytes.
  const std::string bomb = [] {
    std::string inner;
    const std::string part = deflated(std::string(16 << 20, '\0'));
    for (int i = 0; i < 64; ++i) inner += part;
    return deflated(deflated(inner));
  }();
  REQUIRE(bomb.size() < 10'000);
  HttpDecoder decoder;
  decoder.begin(std::vector{kGzip, kGzip, kGzip});
  struct Counted final : HttpDecoder::Sink {
    void take(std::string_view piece) override { bytes += piece.size(); }
    std::uint64_t bytes = 0;
  } counted;
  std::string_view rest = bomb;
  constexpr std::size_t kAllowed = 256 * 1024;
  std::size_t calls = 0;
  auto state = HttpDecoder::State::exhausted;
  for (; state == HttpDecoder::State::exhausted; ++calls) {
    std::size_t allowance = kAllowed;
    const std::uint64_t before = counted.bytes;
    state = decoder.decode(rest, allowance, counted);
    REQUIRE(counted.bytes - before <= kAllowed);
  }
  CHECK(state == HttpDecoder::State::given_up);
  CHECK(decoder.complete());  // our limit does not make a response wrong
  CHECK(counted.bytes <= HttpDecoder::kMaxDecoded);
  CHECK(calls >= HttpDecoder::kMaxDecoded / kAllowed);
  CHECK(calls <= HttpDecoder::kMaxDecoded / kAllowed + 2);
  std::size_t none = 0;
  rest = "more";
  CHECK(decoder.decode(rest, none, counted) == HttpDecoder::State::given_up);
  CHECK(rest.empty());
  decoder.begin(std::vector{kGzip});  // the decoder can be used again
  std::size_t allowance = kAllowed;
  const std::string after = deflated("after");
  rest = after;
  CHECK(decoder.decode(rest, allowance, counted) == HttpDecoder::State::ready);
  CHECK(decoder.complete());
}

TEST_CASE("decoder: the seeds of its fuzz target are read without harm") {
  std::size_t seeds = 0;
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/decoder")) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    for (const std::vector<ContentCoding>& used :
         {std::vector{kGzip}, std::vector{kDeflate}, std::vector{kGzip, kGzip}}) {
      decode(used, bytes.substr(1), 7);
    }
    ++seeds;
  }
  CHECK(seeds >= 5);
}
