// Peers that send without end. Healthy users run at the same time, and their requests must succeed: no peer may block
// the loop, make it grow, or outlive its time limit.
#include "probes/http/decoder.hpp"
#include "probes/http/transfer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/deflated.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMost = std::size_t{1} << 36;  // bytes of a flood that nothing ends

std::string error_of(const HttpResult& result) { return std::string(name(result.hops.back().error)); }

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

RawServer::Play flood(std::string first, std::string again) {
  return [first = std::move(first), again = std::move(again)](RawConnection& connection) {
    connection.read_request();
    connection.send(first);
    for (std::size_t sent = 0; sent < kMost && connection.send(again); sent += again.size()) {
    }
  };
}

// Sends a request to `url`, and at the same time 40 requests of healthy users. None of the 40 may fail.
HttpResult beside_healthy_users(HttpHarness& http, HttpRequest request) {
  RawServer healthy(keep_alive([](const std::string&) { return http_answer("ok"); }));
  std::optional<HttpResult> flooded;
  http.client().start(http.user(99), std::move(request),
                      [&flooded](HttpResult result) { flooded = std::move(result); });
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::function<void(std::size_t)> ask = [&](std::size_t user) {
    http.client().start(http.user(user), get_request(healthy.url()), [&, user](HttpResult result) {
      if (error_of(result) != "none" || result.response.body != "ok") ++failed;
      if (++answered <= 36) ask(user);
    });
  };
  for (std::size_t user = 0; user < 4; ++user) ask(user);
  REQUIRE(http.run_until([&] { return answered == 40 && flooded; }));
  CHECK(failed == 0);
  return std::move(*flooded);
}

HttpRequest short_request(const std::string& url, Duration timeout = 700ms) {
  HttpRequest request = get_request(url);
  request.timeout = timeout;
  return request;
}

constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string bytes = big_endian(static_cast<std::uint32_t>(payload.size())).substr(1);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes + big_endian(stream) + std::string(payload);
}

struct Flooder {
  TemporaryDirectory directory;
  CertificateAuthority authority{directory.path()};
  CertificateAuthority::Leaf leaf = authority.issue("peer");

  // If `answered`, answers a request with headers. Then sends `again` without end.
  HttpResult play(const std::string& again, bool answered, const HttpRequest& asked = {}) {
    RawServer server(http2_play(leaf, [&](Http2Connection& connection) {
      if (!connection.open(0)) return;
      const std::uint32_t stream = connection.read_request();
      if (stream == 0) return;
      if (answered) connection.send_status_200(stream, false);
      for (std::size_t sent = 0; sent < kMost && connection.write(again); sent += again.size()) {
      }
    }));
    HttpClient::Options options;
    options.verify_certificates = false;
    HttpHarness http(options);
    HttpRequest request = asked;
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    request.timeout = 700ms;
    return beside_healthy_users(http, std::move(request));
  }
};

std::string class_of(const HttpResult& result) {
  UNSCOPED_INFO(result.error_detail);
  return error_of(result);
}

}  // namespace

TEST_CASE("http flood: a gigabyte from some bytes is decoded in turns, up to our limit, and is no fault") {
  const std::string bomb = deflated(deflated(times(64, deflated(std::string(16 << 20, '\0')))));
  REQUIRE(bomb.size() < 16'000);
  RawServer server([&bomb](RawConnection& connection) {
    connection.read_request();
    connection.send(http_answer(bomb, "200 OK", "Content-Encoding: gzip, gzip, gzip\r\n"));
  });
  std::size_t turns = 0;
  HttpClient::Options options;
  options.after_turn = [&turns] { ++turns; };
  HttpHarness http(options);
  const HttpResult result = beside_healthy_users(http, get_request(server.url()));
  CHECK(error_of(result) == "none");
  CHECK(result.response.body_truncated);
  CHECK(result.response.body.size() == HttpRequest{}.max_body);
  CHECK(result.response.body_size <= HttpDecoder::kMaxDecoded);
  CHECK(result.response.body_size > HttpDecoder::kMaxDecoded / 2);
  CHECK(turns >= result.response.body_size / TransferContext::kBodyPerTurn);
  CHECK(result.hops[0].bytes_received < 17'000);
}

TEST_CASE("http flood: many coded answers together are decoded within the budget of a turn") {
  constexpr std::size_t kUsers = 40;
  const std::string bomb = deflated(std::string(2 << 20, '\0'));
  RawServer server([&bomb](RawConnection& connection) {
    connection.read_request();
    connection.send(http_answer(bomb, "200 OK", "Content-Encoding: gzip\r\n"));
  });
  std::size_t turns = 0;
  HttpClient::Options options;
  options.after_turn = [&turns] { ++turns; };
  HttpHarness http(options);
  std::size_t ended = 0;
  std::size_t decoded = 0;
  for (std::size_t user = 0; user < kUsers; ++user) {
    http.client().start(http.user(user), get_request(server.url()), [&](const HttpResult& result) {
      CHECK(error_of(result) == "none");
      decoded += result.response.body_size;
      ++ended;
    });
  }
  REQUIRE(http.run_until([&] { return ended == kUsers; }));
  CHECK(decoded == kUsers * (2 << 20));
  CHECK(turns >= decoded / TransferContext::kBodyPerTurn);
}

TEST_CASE("http flood: a long body, and one in tiny chunks with long extensions, are read in turns") {
  std::string chunks;
  for (int i = 0; i < 10'000; ++i) chunks += "1;a=" + std::string(200, 'y') + "\r\nx\r\n";
  const std::string long_body = http_answer(std::string(8 << 20, 'b'));
  const std::string tiny = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n";
  for (const auto& [answer, size, least] : {std::tuple(long_body, std::size_t{8} << 20, std::size_t{32}),
                                            std::tuple(tiny, std::size_t{10'000}, std::size_t{8})}) {
    RawServer server([&answer = answer](RawConnection& connection) {
      connection.read_request();
      connection.send(answer);
      connection.wait_for_close();
    });
    std::size_t turns = 0;
    HttpClient::Options options;
    options.after_turn = [&turns] { ++turns; };
    HttpHarness http(options);
    const HttpResult result = beside_healthy_users(http, get_request(server.url()));
    CHECK(error_of(result) == "none");
    CHECK(result.response.body_size == size);
    CHECK(turns >= least);
  }
}

TEST_CASE("http flood: an answer that waits for its decoding when its time is up is no fault of the target") {
  constexpr std::size_t kUsers = 60;  // 60 times 64 MB: more than a second's work
  const std::string bomb = deflated(times(64, deflated(std::string(1 << 20, '\0'))));
  RawServer server([&bomb](RawConnection& connection) {
    connection.read_request();
    connection.send(http_answer(bomb, "200 OK", "Content-Encoding: gzip, gzip\r\n"));
  });
  HttpHarness http;
  std::size_t ended = 0;
  std::size_t cut = 0;
  for (std::size_t user = 0; user < kUsers; ++user) {
    http.client().start(http.user(user), short_request(server.url(), 1s), [&](const HttpResult& result) {
      INFO(result.error_detail);
      CHECK(error_of(result) == "none");
      if (result.response.body_truncated) ++cut;
      ++ended;
    });
  }
  REQUIRE(http.run_until([&] { return ended == kUsers; }));
  CHECK(cut > 0);
}

TEST_CASE("http flood: coded bodies without end are ended by their time limit") {
  HttpHarness http;
  const std::string member = deflated(std::string(1 << 20, 'z'));
  RawServer server(flood("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", times(50, member)));
  const HttpResult result = beside_healthy_users(http, short_request(server.url(), 3s));
  CHECK(class_of(result) == "too_slow");
  CHECK(result.response.body_size <= HttpDecoder::kMaxDecoded);
}

TEST_CASE("http flood: chunks of one byte, and extensions and trailers without end") {
  HttpHarness http;
  SECTION("one byte each") {
    RawServer server(flood(std::string(kChunked) + "\r\n", times(3000, "1\r\nx\r\n")));
    CHECK(error_of(beside_healthy_users(http, short_request(server.url()))) == "too_slow");
  }
  SECTION("an extension") {
    RawServer server(flood(std::string(kChunked) + "\r\n1;", std::string(16'000, 'e')));
    CHECK(class_of(beside_healthy_users(http, short_request(server.url()))) == "stall");
  }
  SECTION("trailers") {
    RawServer server(
        flood(std::string(kChunked) + "\r\n0\r\n", times(500, "X-Trailer: " + std::string(20, 't') + "\r\n")));
    CHECK(error_of(beside_healthy_users(http, short_request(server.url(), 20s))) == "headers_too_large");
  }
  SECTION("one trailer") {
    RawServer server(flood(std::string(kChunked) + "\r\n0\r\nX-Trailer: ", std::string(16'000, 't')));
    CHECK(class_of(beside_healthy_users(http, short_request(server.url(), 20s))) == "headers_too_large");
  }
  SECTION("empty header lines before the answer") {
    RawServer server(flood("", times(3000, "HTTP/1.1 102 Processing\r\n\r\n")));
    CHECK(error_of(beside_healthy_users(http, short_request(server.url(), 20s))) == "headers_too_large");
  }
}

TEST_CASE("http/2 flood: small frames without end hold nobody, and end with the time limit at the latest") {
  Flooder peer;
  SECTION("data of one byte") { CHECK(class_of(peer.play(times(1500, frame(0, 0, 1, "x")), true)) == "too_slow"); }
  SECTION("empty data") { CHECK(class_of(peer.play(times(1500, frame(0, 0, 1, "")), true)) == "stall"); }
  SECTION("pings") {  // libcurl 7.88 knows only that the connection ended, 8.14 that it was flooded
    const std::string ended = class_of(peer.play(times(900, frame(6, 0, 0, "12345678")), false));
    CHECK((ended == "reset" || ended == "protocol"));
  }
  SECTION("answers to pings that nobody sent") {
    CHECK(class_of(peer.play(times(900, frame(6, 1, 0, "12345678")), true)) == "stall");
  }
  SECTION("settings") { CHECK(class_of(peer.play(times(1500, frame(4, 0, 0, "")), false)) == "protocol"); }
  SECTION("priorities") {
    CHECK(class_of(peer.play(times(1000, frame(2, 0, 1, std::string(4, '\0') + "x")), true)) == "stall");
  }
  SECTION("frames of an unknown type") {
    CHECK(class_of(peer.play(times(1500, frame(0xbb, 0, 1, "")), true)) == "stall");
  }
  SECTION("windows that open by one byte") {
    CHECK(class_of(peer.play(times(1200, frame(8, 0, 0, big_endian(1))), false)) == "wait_timeout");
  }
  SECTION("continuations") {
    CHECK(class_of(peer.play(frame(1, 0, 1, "\x88") + times(1500, frame(9, 0, 1, "")), false)) == "protocol");
  }
  SECTION("headers") {
    const std::string line = std::string("\0\1a\x7f\0", 5) + std::string(127, 'h');
    const std::string more = times(5, frame(9, 0, 1, times(100, line)));
    CHECK(class_of(peer.play(frame(1, 0, 1, "\x88" + times(100, line)) + more, false)) == "protocol");
  }
  SECTION("answers before the answer") {
    CHECK(class_of(peer.play(times(500, frame(1, 4, 1, std::string("\x08\x03") + "103")), false)) ==
          "headers_too_large");
  }
}

TEST_CASE("http/2 flood: an upload to a window that stays shut ends with its time limit") {
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  RawServer server(http2_play(authority.issue("peer"), [](Http2Connection& connection) {
    if (connection.open(0) && connection.read_request() != 0) connection.read_until_close();
  }));
  HttpClient::Options options;
  options.verify_certificates = false;
  HttpHarness http(options);
  HttpRequest request =
      upload_request("https://127.0.0.1:" + std::to_string(server.port()) + "/", shared_bytes(1'000'000));
  request.timeout = 700ms;
  CHECK(error_of(beside_healthy_users(http, std::move(request))) == "send_timeout");
}

TEST_CASE("http flood: a target leaves a user only so many cookies, and the newest ones") {
  std::size_t answers = 0;
  RawServer server(keep_alive([&answers](const std::string&) {
    std::string cookies;
    for (int i = 0; i < 40; ++i) {
      cookies +=
          "Set-Cookie: c" + std::to_string(answers) + "_" + std::to_string(i) + "=" + std::string(100, 'v') + "\r\n";
    }
    ++answers;
    return http_answer("ok", "200 OK", cookies);
  }));
  HttpHarness http;
  for (int i = 0; i < 20; ++i) CHECK(error_of(http.get(server.url())) == "none");
  std::size_t kept = 0;
  for (std::size_t answer = 0; answer < answers; ++answer) {
    for (int i = 0; i < 40; ++i) {
      if (!http.user().cookie(server.url(), "c" + std::to_string(answer) + "_" + std::to_string(i)).empty()) ++kept;
    }
  }
  CHECK(kept <= 2 * 180);
  CHECK(kept >= 150);
  CHECK(http.user().cookie(server.url(), "c0_0").empty());
  CHECK_FALSE(http.user().cookie(server.url(), "c19_39").empty());
}
