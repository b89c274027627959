// The measurement equals what was sent: every request that a server gets is a hop, and a hop is sent once.
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// The whole requests that arrived, in order.
class Log {
 public:
  void add(std::string request) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(std::move(request));
  }
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  std::size_t count() const { return all().size(); }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

enum class End : std::uint8_t { closed, reset };

// Answers the first request of each connection. Reads the second request and ends the connection without a response.
RawServer::Play answers_once(Log& log, End end) {
  return [&log, end](RawConnection& connection) {
    for (int i = 0; i < 2; ++i) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      log.add(request);
      if (i == 0) connection.send(http_answer("ok"));
    }
    if (end == End::reset) connection.reset();
  };
}

HttpRequest request_of(HttpMethod method, std::string url, std::size_t body = 0) {
  HttpRequest request = get_request(std::move(url));
  request.method = method;
  request.body.assign(body, 'b');
  return request;
}

std::string error_of(const RequestSample& sample) { return std::string(name(sample.error)); }

std::string traceparent_of(const std::string& request) {
  const std::size_t at = request.find("traceparent: ");
  return at == std::string::npos ? std::string() : request.substr(at + 13, 55);
}

}  // namespace

TEST_CASE("http resent: what is not idempotent is sent once, however its kept connection ends") {
  const HttpMethod method = GENERATE(HttpMethod::post, HttpMethod::patch);
  const End end = GENERATE(End::closed, End::reset);
  const std::size_t body = GENERATE(0U, 100U, 40'000U);  // sent with the headers, or streamed
  CAPTURE(static_cast<int>(method), static_cast<int>(end), body);
  Log log;
  RawServer server(answers_once(log, end));
  HttpHarness http;
  CHECK(http.get(server.url()).response.status == 200);
  const HttpResult result = http.run(request_of(method, server.url("/pay"), body));
  REQUIRE(result.hops.size() == 1);
  CHECK(result.hops[0].outcome == Outcome::failure);
  CHECK(error_of(result.hops[0]) == (end == End::closed ? "empty_reply" : "reset"));
  CHECK_FALSE(result.hops[0].new_connection);
  CHECK(result.hops[0].service_time > Duration::zero());
  CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
  CHECK(result.hops[0].bytes_sent > body);
  CHECK(log.count() == 2);
  CHECK(server.accepted() == 1);  // no new connection is opened for the request either
  CHECK(http.guard().requests.size() == 2);
}

TEST_CASE("http resent: what is idempotent is repeated once, as a hop of its own") {
  const HttpMethod method =
      GENERATE(HttpMethod::get, HttpMethod::head, HttpMethod::options, HttpMethod::put, HttpMethod::delete_);
  const End end = GENERATE(End::closed, End::reset);
  CAPTURE(static_cast<int>(method), static_cast<int>(end));
  Log log;
  RawServer server(answers_once(log, end));
  HttpHarness http;
  http.get(server.url());
  const HttpResult result = http.run(request_of(method, server.url("/page"), method == HttpMethod::put ? 40'000 : 0));
  REQUIRE(result.hops.size() == 2);
  CHECK(error_of(result.hops[0]) == (end == End::closed ? "empty_reply" : "reset"));
  CHECK(result.hops[0].status == 0);
  CHECK_FALSE(result.hops[0].new_connection);
  CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
  CHECK(result.hops[1].outcome == Outcome::success);
  CHECK(result.hops[1].new_connection);
  CHECK(result.hops[1].started >= result.hops[0].started + result.hops[0].service_time);
  CHECK(result.response.status == 200);
  CHECK(result.error_detail.empty());
  // The guard counts both attempts, and each attempt has its own trace.
  const std::vector<std::string> seen = log.all();
  REQUIRE(seen.size() == 3);
  CHECK(http.guard().requests.size() == 3);
  CHECK(traceparent_of(seen[1]) != traceparent_of(seen[2]));
  CHECK(seen[1].substr(seen[1].find("\r\n\r\n")) == seen[2].substr(seen[2].find("\r\n\r\n")));
}

TEST_CASE("http resent: a guard that says no to the second try has the last word") {
  Log log;
  RawServer server(answers_once(log, End::closed));
  HttpHarness http;
  http.get(server.url());
  http.guard().request_allowed = [&](std::string_view, std::string_view) { return http.guard().requests.size() < 3; };
  const HttpResult result = http.get(server.url());
  REQUIRE(result.hops.size() == 2);
  CHECK(error_of(result.hops[1]) == "consent");
  CHECK(log.count() == 2);
}

TEST_CASE("http resent: nobody is asked twice on a new connection, and nobody three times") {
  Log log;
  HttpHarness http;
  SECTION("a new connection") {
    RawServer server([&](RawConnection& connection) { log.add(connection.read_request()); });
    const HttpResult result = http.get(server.url());
    CHECK(result.hops.size() == 1);
    CHECK(error_of(result.hops[0]) == "empty_reply");
    CHECK(log.count() == 1);
  }
  SECTION("the second try fails, too") {
    RawServer server([&](RawConnection& connection) {
      log.add(connection.read_request());
      if (connection.number() > 0) return;
      connection.send(http_answer("ok"));
      log.add(connection.read_request());
    });
    http.get(server.url());
    const HttpResult result = http.get(server.url());
    CHECK(result.hops.size() == 2);
    CHECK(error_of(result.hops[1]) == "empty_reply");
    CHECK(log.count() == 3);
  }
}

TEST_CASE("http resent: part of an answer is no reason to ask again") {
  Log log;
  RawServer server([&](RawConnection& connection) {
    log.add(connection.read_request());
    connection.send(http_answer("ok"));
    log.add(connection.read_request());
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  HttpHarness http;
  http.get(server.url());
  const HttpResult result = http.get(server.url());
  CHECK(result.hops.size() == 1);
  CHECK(error_of(result.hops[0]) == "partial");
  CHECK(log.count() == 2);
}

// libcurl 7.88 gives up at the sixth attempt in the whole life of a handle, and handles are reused.
TEST_CASE("http resent: a handle's life does not count") {
  Log log;
  RawServer server(answers_once(log, End::closed));
  HttpHarness http;
  std::size_t hops = 0;
  for (int i = 0; i < 20; ++i) {
    const HttpResult result = http.get(server.url());
    CAPTURE(i, result.error_detail);
    CHECK(result.hops.back().outcome == Outcome::success);
    for (std::size_t hop = 0; hop + 1 < result.hops.size(); ++hop) CHECK(error_of(result.hops[hop]) == "empty_reply");
    hops += result.hops.size();
  }
  CHECK(hops == log.count());
  CHECK(hops == 39);  // only the first request had a new connection
}

TEST_CASE("http resent: a system error of an earlier request is not taken for the next one's") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    if (connection.number() == 0) return connection.reset();
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  });
  HttpHarness http;
  CHECK(error_of(http.get(server.url()).hops[0]) == "reset");
  CHECK(error_of(http.get(server.url()).hops[0]) == "body_malformed");
}

TEST_CASE("http resent: a repeated request does not use up its redirects") {
  Log log;
  RawServer server([&](RawConnection& connection) {
    for (int i = 0;; ++i) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      log.add(request);
      if (i == 1 && connection.number() == 0) return;
      connection.send(request.starts_with("GET /from") ? http_answer("", "302 Found", "Location: /to\r\n")
                                                       : http_answer("there"));
    }
  });
  HttpHarness http;
  http.get(server.url());
  HttpRequest request = get_request(server.url("/from"));
  request.max_redirects = 1;
  const HttpResult result = http.run(request);
  CHECK(result.hops.size() == 3);
  CHECK(result.response.body == "there");
  CHECK(log.count() == 4);
}

TEST_CASE("http resent: a 417 is an answer") {
  const HttpMethod method = GENERATE(HttpMethod::post, HttpMethod::put);
  Log log;
  RawServer server([&](RawConnection& connection) {
    for (std::string head; !(head = connection.read_head()).empty();) {
      log.add(head);
      connection.send(http_answer("no", "417 Expectation Failed"));
    }
  });
  HttpHarness http;
  for (int round = 0; round < 2; ++round) {
    HttpRequest request = request_of(method, server.url(), 40'000);
    request.expect_continue = true;
    const HttpResult result = http.run(request);
    REQUIRE(result.hops.size() == 1);
    CHECK(result.hops[0].status == 417);
    CHECK(result.hops[0].outcome == Outcome::success);
    CHECK(result.response.body_truncated);  // libcurl skips the body
    CHECK(log.count() == static_cast<std::size_t>(round) + 1);
    CHECK(log.all().back().find("Expect: 100-continue") != std::string::npos);
  }
}

namespace {

// Answers the streams `first` to `last`, counted over all connections, with RST_STREAM and this error. Other streams
// get a response.
RawServer::Play refuses(const CertificateAuthority::Leaf& leaf, std::atomic<std::size_t>& streams, std::size_t first,
                        std::size_t last, std::uint32_t error) {
  return http2_play(leaf, [&streams, first, last, error](Http2Connection& connection) {
    if (!connection.open(65535)) return;
    while (const std::uint32_t stream = connection.read_request()) {
      const std::size_t number = streams++;
      if (number < first || number > last) {
        connection.send_status_200(stream, true);
      } else {
        connection.send_frame(Http2Connection::reset, Http2Connection::none, stream, big_endian(error));
      }
    }
  });
}

constexpr std::uint32_t kRefusedStream = 7;
constexpr std::uint32_t kHttp11Required = 13;

}  // namespace

TEST_CASE("http resent: streams that are refused are counted one by one") {
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  std::atomic<std::size_t> streams{0};
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  SECTION("always: ten people, twenty requests") {
    RawServer server(refuses(authority.issue("leaf"), streams, 0, 1000, kRefusedStream));
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    for (std::size_t i = 1; i <= 10; ++i) {
      const HttpResult result = http.get(url);
      REQUIRE(result.hops.size() == 2);
      for (const RequestSample& hop : result.hops) {
        CHECK(hop.outcome == Outcome::failure);
        CHECK(error_of(hop) == "reset");
        CHECK(hop.new_connection);
      }
      CHECK(result.error_detail.find("refused") != std::string::npos);
      CHECK(streams == 2 * i);
      CHECK(http.guard().requests.size() == 2 * i);
    }
    const HttpResult post = http.post(url, "{}");
    CHECK(post.hops.size() == 1);
    CHECK(streams == 21);
    http.drop_user(0);
  }
  SECTION("once: the second try is answered") {
    RawServer server(refuses(authority.issue("leaf"), streams, 1, 1, kRefusedStream));
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(http.get(url).hops.size() == 1);
    const HttpResult result = http.get(url);
    REQUIRE(result.hops.size() == 2);
    CHECK_FALSE(result.hops[0].new_connection);
    CHECK(error_of(result.hops[0]) == "reset");
    CHECK(result.hops[1].outcome == Outcome::success);
    CHECK(streams == 3);
    http.drop_user(0);
  }
  SECTION("HTTP/1.1 is wanted") {
    RawServer server(refuses(authority.issue("leaf"), streams, 0, 1000, kHttp11Required));
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(http.post(url, "{}").hops.size() == 1);
    CHECK(streams == 1);
    const HttpResult result = http.get(url);
    CHECK(result.hops.size() == 2);
    CHECK(error_of(result.hops[0]) == "protocol");
    CHECK(streams == 2);  // the second try spoke HTTP/1.1
    http.drop_user(0);
  }
}

TEST_CASE("http resent: a kept HTTP/2 connection that ends is like any other") {
  const bool says_goaway = GENERATE(true, false);
  CAPTURE(says_goaway);
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  std::atomic<std::size_t> streams{0};
  RawServer server(http2_play(authority.issue("leaf"), [&](Http2Connection& connection) {
    if (!connection.open(65535)) return;
    if (const std::uint32_t stream = connection.read_request()) {
      ++streams;
      connection.send_status_200(stream, true);
    }
    if (connection.read_request() == 0) return;
    ++streams;
    if (!says_goaway) return;
    connection.send_frame(Http2Connection::goaway, Http2Connection::none, 0, big_endian(1) + big_endian(0));
    connection.read_until_close();
  }));
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  for (int i = 0; i < 10; ++i) {
    const std::size_t before = streams;
    const HttpResult result = http.get(url);
    CAPTURE(i, result.error_detail);
    CHECK(result.hops.back().outcome == Outcome::success);
    REQUIRE(result.hops.size() == (i == 0 ? 1 : 2));
    CHECK(streams == before + result.hops.size());
    CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
  }
  const HttpResult post = http.post(url, "{}");
  CHECK(post.hops.size() == 1);
  CHECK(post.hops[0].outcome == Outcome::failure);
  CHECK(streams == 20);
  http.drop_user(0);
}
