#include "engine/privacy/evidence.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <filesystem>

using namespace gelombang;

namespace {

Redactor person() {
  Redactor redactor;
  redactor.add("UJI BEBAN 000123");
  redactor.add("rahasia-000123");
  redactor.add("session-value-of-this-person");
  return redactor;
}

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("evidence: what tells how an answer came to be is kept, what tells a secret is not", "[unit]") {
  HttpResult result;
  result.hops.emplace_back();
  result.response.method = HttpMethod::post;
  result.response.url = "http://127.0.0.1/verifikasi/8f14e45fceea167a5a36dedd4bea2543";
  result.response.headers = {
      {"Content-Type", "text/html"},   {"Set-Cookie", "sid=session-value-of-this-person; Path=/"},
      {"Authorization", "Bearer abc"}, {"X-Request-Id", "7f3a4b5c6d7e8f9012345678"},
      {"X-Debug", "rahasia-000123"},   {"Retry-After", "30"}};
  result.response.body =
      "Halo UJI BEBAN 000123 <uji.000123@peserta.test>, NIK 0012345678900000, password rahasia-000123, "
      "id eyJhbGciOiJIUzI1NiJ9.e30.abc123: Internal Server Error";
  result.error_detail = "cannot log uji.000123@peserta.test in";
  const Evidence evidence = evidence_of(result, person());
  CHECK(evidence.method == "POST");
  CHECK(evidence.url == "http://127.0.0.1/verifikasi/[redacted]");
  CHECK(evidence.headers ==
        "content-type: text/html\nset-cookie: [redacted]\nauthorization: [redacted]\n"
        "x-request-id: 7f3a4b5c6d7e8f9012345678\nx-debug: [redacted]\nretry-after: 30\n");
  CHECK(evidence.body ==
        "Halo [redacted] <[redacted]>, NIK [redacted], password [redacted], id [redacted]: Internal "
        "Server Error");
  CHECK(evidence.detail == "cannot log [redacted] in");
}

TEST_CASE("evidence: everything that a target sends is cut to a bound, and no cut leaves half a secret", "[unit]") {
  const std::string secret = "rahasia-000123";
  for (std::size_t before = 1900; before < 2100; ++before) {
    HttpResult result;
    result.hops.emplace_back();
    result.response.body = std::string(before, '-') + secret + std::string(5000, '-');
    const Evidence evidence = evidence_of(result, person());
    CHECK(evidence.body.size() <= Evidence::kMostBody);
  }
  Redactor redactor;
  redactor.add(secret);
  for (std::size_t before = 1; before < 60; ++before) {
    // Short texts become shorter when secrets are removed, so that the end of the examined text comes into view.
    std::string text;
    while (text.size() < before) text += secret + " ";
    text += secret + std::string(1000, ' ');
    const std::string kept = redactor.redact(text, 10 + before);
    INFO(kept);
    CHECK_FALSE(has(kept, "rah"));
    CHECK_FALSE(has(kept, "0123"));
  }
  HttpResult many;
  many.hops.emplace_back();
  for (int i = 0; i < 1000; ++i) many.response.headers.add(std::string(1000, 'h'), std::string(10000, 'v'));
  CHECK(evidence_of(many, person()).headers.size() <= Evidence::kMostHeaders);
}

TEST_CASE("evidence: control characters and broken text of a target do not reach who reads it", "[unit]") {
  HttpResult result;
  result.hops.emplace_back();
  result.response.headers = {{"Server", "x\x1b[2J\xff"}};
  result.response.body = "\xff\xfe ok";
  const Evidence evidence = evidence_of(result, person());
  CHECK(evidence.headers == "server: x?[2J?\n");
  CHECK(evidence.body == "\xef\xbf\xbd\xef\xbf\xbd ok");
}

TEST_CASE("evidence: what follows a telling name is not kept", "[unit]") {
  CHECK(without_named_values("a=1&token=x1&b=2") == "a=1&token=[redacted]&b=2");
  CHECK(without_named_values(R"({"user": "u", "passwordHash": "x1", "n": 3})") ==
        R"({"user": "u", "passwordHash": "[redacted]", "n": 3})");
  CHECK(without_named_values("Authorization: Bearer x1\r\nHost: h") == "Authorization: [redacted]\r\nHost: h");
  CHECK(without_named_values("Set-Cookie: a=b; c=d\nx") == "Set-Cookie: [redacted]\nx");
  CHECK(without_named_values("sid=") == "sid=");
  // In the spellings of pages, nested JSON and URLs.
  CHECK(without_named_values(R"("{\"token\":\"shrt123\",\"n\":1}")") == R"("{\"token\":\"[redacted]",\"n\":1}")");
  CHECK(without_named_values("&quot;token&quot;:&quot;q1w2&quot;").find("q1w2") == std::string::npos);
  CHECK(without_named_values("token%3Dabc123 b") == "token%3D[redacted] b");
  CHECK(without_named_values("token%22%3A%22zzz999") == "token%22%3A%22[redacted]");
  CHECK(without_named_values("<password>q7x2</password>") == "<password>[redacted]</password>");
  CHECK(without_named_values(R"(<input name="csrf_token" type=hidden value="k3j9">)") ==
        R"(<input name="csrf_token" type=hidden value="[redacted]">)");
  CHECK(without_named_values("<input name=otp value=482913>") == "<input name=otp value=[redacted]>");
  CHECK(without_named_values("Bearer q7x2k9 x") == "Bearer [redacted] x");
  CHECK(without_named_values("the key to value=1").find("value=[redacted]") != std::string::npos);
  CHECK(without_named_values("the token is gone: sorry") == "the token is gone: sorry");
  CHECK(without_named_values("").empty());
}

TEST_CASE("evidence: long words of letters and digits are taken for tokens, words and paths are not", "[unit]") {
  CHECK(without_tokens("the quick brown-fox/jumps/over/the/lazy.dog 2026-11-24T05:00:00Z") ==
        "the quick brown-fox/jumps/over/the/lazy.dog 2026-11-24T05:00:00Z");
  CHECK(without_tokens("a=1&x=0123456789abcdef0123456789abcdef&b=2") == "a=1&[redacted]&b=2");
  CHECK(without_tokens("/static/app.0123456789abcdef0123.js") == "/static/[redacted]");
  CHECK(without_tokens("0123456789012345678901234567890") == "0123456789012345678901234567890");
  CHECK(without_tokens("").empty());
}

TEST_CASE("evidence: the seeds of its fuzz target are kept without their value, and within the bounds", "[unit]") {
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/evidence")) {
    INFO(file.path());
    const std::string bytes = test::read_file(file.path().string());
    const std::string value = bytes.substr(0, bytes.find('\n'));
    Redactor redactor;
    redactor.add(value);
    HttpResult result;
    result.response.headers.add("Server", value);
    result.response.body = bytes;
    result.error_detail = bytes;
    const Evidence evidence = evidence_of(result, redactor);
    for (const std::string& kept : {evidence.headers, evidence.body, evidence.detail}) {
      CHECK_FALSE(has(kept, value));
      CHECK(kept.size() <= Evidence::kMostHeaders);
    }
  }
}
