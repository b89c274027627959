// A response that arrives before the body is sent ends the transfer with the response's status.
#include "tests/support/catch.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPhotoBytes = 5'000'000;

HttpRequest upload(const std::string& url) {
  HttpRequest request = upload_request(url, shared_bytes(kPhotoBytes));
  request.timeout = 5s;
  return request;
}

constexpr const char* kLocations = R"(
    location = /early200 { client_max_body_size 10m; return 200 "early"; }
    location = /early413 { client_max_body_size 1k; proxy_pass http://127.0.0.1:@PLAIN_PORT@/ok; }
    location = /ok { return 200 "ok"; }
)";

}  // namespace

TEST_CASE("http: nginx's early answers end an upload over HTTP/1.1 and HTTP/2") {
  Nginx nginx(kLocations);
  HttpClient::Options options;
  options.ca_file = nginx.ca_file();
  HttpHarness http(options);
  const std::string path = GENERATE("/early200", "/early413");
  const int kind = GENERATE(0, 1, 2);
  const std::string url =
      kind == 0 ? nginx.plain_url(path) : (kind == 1 ? nginx.tls_http1_url(path) : nginx.tls_url(path));
  CAPTURE(path, kind);
  const HttpResult result = http.run(upload(url));
  const RequestSample& sample = result.hops.at(0);
  CHECK(name(sample.error) == "none");
  CHECK(result.response.status == (path == "/early200" ? 200 : 413));
  CHECK(sample.version == (kind == 2 ? HttpVersion::http2 : HttpVersion::http1_1));
  CHECK(to_seconds(sample.service_time) < 1);
  CHECK(phase_sum(sample) == sample.service_time);
  CHECK(result.error_detail.empty());
  // The user's next request works as before.
  CHECK(http.get(kind == 2 ? nginx.tls_url("/ok") : nginx.plain_url("/ok")).response.status == 200);
}

TEST_CASE("http: an early answer of a server that reads no further ends an upload over HTTP/1.1") {
  const std::string answer = GENERATE(as<std::string>{}, http_answer("early"), http_answer("", "413 Payload Too Large"),
                                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n0\r\n\r\n");
  CAPTURE(answer);
  RawServer server(
      [&answer](RawConnection& connection) {
        connection.read_head();
        connection.send(answer);
        connection.pause(20s);
      },
      16 * 1024);
  HttpHarness http;
  const HttpResult result = http.run(upload(server.url()));
  CHECK(name(result.hops.at(0).error) == "none");
  CHECK(result.response.status == (answer.find("413") == std::string::npos ? 200 : 413));
  CHECK(to_seconds(result.hops[0].service_time) < 1);
  CHECK(result.hops[0].bytes_sent < kPhotoBytes);
}

TEST_CASE("http: an early answer of a server that closes ends an upload with its status") {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.send(http_answer("early"));
    connection.read_bytes(100'000);
    connection.pause(50ms);
    connection.reset();
  });
  HttpHarness http;
  const HttpResult result = http.run(upload(server.url()));
  CHECK(name(result.hops.at(0).error) == "none");
  CHECK(result.response.status == 200);
}

TEST_CASE("http: an early answer over HTTP/2 ends an upload, however it is told") {
  enum Kind { with_length, without_body, without_length_reset, length_then_silence_in_window };
  const auto kind = GENERATE(with_length, without_body, without_length_reset, length_then_silence_in_window);
  CAPTURE(kind);
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  RawServer server(http2_play(authority.issue("server"), [kind](Http2Connection& connection) {
    if (!connection.open(kind == length_then_silence_in_window ? 1000 : 65535)) return;
    const std::uint32_t stream = connection.read_request();
    const bool length = kind == with_length || kind == length_then_silence_in_window;
    connection.send_status_200(stream, kind == without_body, length ? "content-length" : "x-early", length ? "5" : "1");
    if (kind != without_body) {
      connection.send_frame(Http2Connection::data, Http2Connection::end_stream, stream, "early");
    }
    if (kind == without_length_reset) connection.send_frame(Http2Connection::reset, 0, stream, big_endian(0));
    connection.read_until_close();
  }));
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  HttpRequest request = upload("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  if (kind == length_then_silence_in_window) {  // small enough for libcurl to read the whole body
    request.parts.clear();
    request.body = std::string(8000, 'b');
  }
  const HttpResult result = http.run(request);
  INFO(result.error_detail);
  CHECK(name(result.hops.at(0).error) == "none");
  CHECK(result.response.status == 200);
  CHECK(result.response.body == (kind == without_body ? "" : "early"));
  CHECK(to_seconds(result.hops[0].service_time) < 1);
  http.drop_user(0);
}

TEST_CASE("http: an early answer over HTTP/2 that falls silent within a body without a length is not whole") {
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  RawServer server(http2_play(authority.issue("server"), [](Http2Connection& connection) {
    if (!connection.open(65535)) return;
    const std::uint32_t stream = connection.read_request();
    connection.send_status_200(stream, false);
    connection.send_frame(Http2Connection::data, Http2Connection::none, stream, "half");
    connection.read_until_close();
  }));
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  HttpRequest request = upload("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  request.timeout = 2s;  // more than one second: after a second of silence a response without a body counts as ended
  const HttpResult result = http.run(request);
  INFO(result.error_detail);
  CHECK(name(result.hops.at(0).error) == "stall");
  CHECK(result.response.body == "half");
  http.drop_user(0);
}
