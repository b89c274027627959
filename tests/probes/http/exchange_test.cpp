// Plain exchanges over HTTP/1.1: what is sent, received and measured.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

TEST_CASE("http: a GET yields status, headers, body and a sample") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("halo", "201 Created", "X-Wave: 67\r\n"); }));
  HttpHarness http;
  const HttpResult result = http.get(server.url("/masuk?token=1"));
  CHECK(result.response.status == 201);
  CHECK(result.response.body == "halo");
  CHECK(result.response.body_size == 4);
  CHECK(result.response.url == server.url("/masuk"));
  REQUIRE(result.response.headers.size() == 2);
  const ResponseHeaders::Line second = *++result.response.headers.begin();
  CHECK(second.name == "X-Wave");
  CHECK(second.value == "67");
  REQUIRE(result.hops.size() == 1);
  const RequestSample& sample = result.hops[0];
  CHECK(sample.outcome == Outcome::success);
  CHECK(sample.error == ErrorClass::none);
  CHECK(sample.status == 201);
  CHECK(sample.version == HttpVersion::http1_1);
  CHECK(sample.new_connection);
  CHECK(sample.remote.port == server.port());
  CHECK(sample.remote.bytes[15] == 1);
  CHECK(sample.bytes_sent > 40);
  CHECK(sample.bytes_received == http_answer("halo", "201 Created", "X-Wave: 67\r\n").size());
  CHECK(sample.service_time > 0ns);
  CHECK(result.ended == sample.started + sample.service_time);
  CHECK(result.error_detail.empty());
}

TEST_CASE("http: requests of one user share a connection, and a new user gets one of its own") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpHarness http;
  CHECK(http.get(server.url(), 0).hops[0].new_connection);
  CHECK_FALSE(http.get(server.url(), 0).hops[0].new_connection);
  CHECK_FALSE(http.post(server.url(), "{}", 0).hops[0].new_connection);
  CHECK(server.accepted() == 1);
  CHECK(http.get(server.url(), 1).hops[0].new_connection);
  CHECK_FALSE(http.get(server.url(), 0).hops[0].new_connection);
  CHECK(server.accepted() == 2);
  http.user(0).reset();
  CHECK(http.get(server.url(), 0).hops[0].new_connection);
  CHECK(server.accepted() == 3);
}

TEST_CASE("http: what is sent is what was asked, with our own headers") {
  std::string seen;
  RawServer server(keep_alive([&seen](const std::string& request) {
    seen = request;
    return http_answer("ok");
  }));
  HttpClient::Options options;
  options.user_agent = "gelombang/1 (+mailto:ops@example.test)";
  HttpHarness http(options);

  SECTION("GET") {
    http.get(server.url("/a/b?c=d"));
    CHECK(seen.find("GET /a/b?c=d HTTP/1.1\r\n") == 0);
    CHECK(seen.find("User-Agent: gelombang/1 (+mailto:ops@example.test)\r\n") != std::string::npos);
    CHECK(seen.find("Accept-Encoding: gzip\r\n") != std::string::npos);
    const std::size_t trace = seen.find("traceparent: 00-");
    REQUIRE(trace != std::string::npos);
    CHECK(seen.substr(trace + 13, 55).find_first_not_of("0123456789abcdef-") == std::string::npos);
    CHECK(seen.substr(trace + 65, 5) == "-01\r\n");
    CHECK(seen.find("Expect") == std::string::npos);
  }
  SECTION("POST of a small body") {
    http.post(server.url("/api"), "{\"a\":1}");
    CHECK(seen.find("POST /api HTTP/1.1\r\n") == 0);
    CHECK(seen.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(seen.find("Content-Length: 7\r\n") != std::string::npos);
    CHECK(seen.substr(seen.size() - 7) == "{\"a\":1}");
  }
  SECTION("a body of which nobody said the type has none") {
    HttpRequest request = get_request(server.url());
    request.method = HttpMethod::put;
    request.body = "x";
    http.run(request);
    CHECK(seen.find("PUT / HTTP/1.1\r\n") == 0);
    CHECK(seen.find("Content-Type") == std::string::npos);
  }
  SECTION("every method") {
    const std::vector<std::pair<HttpMethod, std::string>> methods{
        {HttpMethod::get, "GET"},     {HttpMethod::post, "POST"},      {HttpMethod::put, "PUT"},
        {HttpMethod::patch, "PATCH"}, {HttpMethod::delete_, "DELETE"}, {HttpMethod::options, "OPTIONS"}};
    for (const auto& [method, name] : methods) {
      HttpRequest request = get_request(server.url());
      request.method = method;
      CHECK(http.run(request).response.status == 200);
      CHECK(seen.substr(0, seen.find(' ')) == name);
    }
  }
  SECTION("a large body is streamed and complete, and no Expect is sent") {
    HttpRequest request = get_request(server.url());
    request.method = HttpMethod::post;
    request.body = std::string(3'000'000, 'b');
    const HttpResult result = http.run(request);
    CHECK(result.response.status == 200);
    CHECK(seen.find("Expect") == std::string::npos);
    CHECK(seen.size() > 3'000'000);
    CHECK(result.hops[0].bytes_sent == seen.size());
  }
  SECTION("a script's User-Agent does not hide who we are") {
    HttpRequest request = get_request(server.url());
    request.headers.push_back({"User-Agent", "Mozilla/5.0"});
    http.run(request);
    CHECK(seen.find("User-Agent: Mozilla/5.0 gelombang/1 (+mailto:ops@example.test)\r\n") != std::string::npos);
  }
}

TEST_CASE("http: a server that never answers ends in wait_timeout, in time") {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  HttpHarness http;
  HttpRequest request = get_request(server.url());
  request.timeout = 300ms;
  const HttpResult result = http.run(request);
  REQUIRE(result.hops.size() == 1);
  CHECK(result.hops[0].outcome == Outcome::failure);
  CHECK(name(result.hops[0].error) == "wait_timeout");
  CHECK(to_seconds(result.hops[0].service_time) == Approx(0.3).margin(0.05));
  CHECK(result.response.status == 0);
  CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
}

TEST_CASE("http: a port where nobody listens is tcp_refused") {
  std::uint16_t port = 0;
  {
    RawServer server([](RawConnection&) {});
    port = server.port();
  }
  HttpHarness http;
  const HttpResult result = http.get("http://127.0.0.1:" + std::to_string(port) + "/");
  CHECK(name(result.hops[0].error) == "tcp_refused");
  CHECK_FALSE(result.error_detail.empty());
}

TEST_CASE("http: done is called from the loop and never from inside start") {
  HttpHarness http;
  bool called = false;
  http.client().start(http.user(), get_request("ftp://127.0.0.1/"), [&called](HttpResult result) {
    CHECK(name(result.hops.at(0).error) == "generator_script");
    called = true;
  });
  CHECK_FALSE(called);
  CHECK(http.run_until([&called] { return called; }));
}

TEST_CASE("http: a cancelled request delivers the time so far") {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  HttpHarness http;
  const auto outcome = GENERATE(Outcome::interrupted, Outcome::abandoned);
  std::optional<HttpResult> result;
  const TransferId id = http.client().start(http.user(), get_request(server.url()),
                                            [&result](HttpResult done) { result = std::move(done); });
  const TimePoint started = http.clock().now();
  http.run_until([] { return false; }, 150ms);
  http.client().cancel(id, outcome);
  const Duration lasted = http.clock().now() - started;
  CHECK_FALSE(result.has_value());
  REQUIRE(http.run_until([&result] { return result.has_value(); }));
  const RequestSample& sample = result->hops.at(0);
  CHECK(sample.outcome == outcome);
  CHECK(sample.error == (outcome == Outcome::abandoned ? ErrorClass::abandoned : ErrorClass::none));
  CHECK(to_seconds(sample.service_time) == Approx(to_seconds(lasted)).margin(0.05));
  CHECK(phase_sum(sample) == sample.service_time);
  CHECK(http.client().active() == 0);
  http.client().cancel(id, outcome);  // the id is no longer known, so the call does nothing
}
