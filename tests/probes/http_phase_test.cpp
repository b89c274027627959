// Phases against a network of known bandwidth and a server of known delay: each within 5 % or 20 ms.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/tcp_gate.hpp"

#include <algorithm>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPhotoBytes = 1'000'000;
constexpr std::uint64_t kBandwidth = 1'000'000;  // bytes per second

void check_phase(const RequestSample& sample, Phase phase, double wanted_ms) {
  CAPTURE(kPhaseNames[static_cast<std::size_t>(phase)]);
  CHECK(phase_ms(sample, phase) == Approx(wanted_ms).margin(std::max(20.0, wanted_ms * 0.05)));
}

}  // namespace

TEST_CASE("phases: an upload's send is the network's time and its wait is the server's") {
  RawServer server([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.pause(300ms);
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
      connection.pause(200ms);
      connection.send("halo");
    }
  });
  TcpGate gate(server.port());
  gate.throttle(TcpGate::Direction::up, kBandwidth);
  HttpHarness http;
  for (int round = 0; round < 2; ++round) {
    const HttpResult result = http.run(upload_request(gate.url(), shared_bytes(kPhotoBytes)));
    const RequestSample& sample = result.hops.at(0);
    REQUIRE(name(sample.error) == "none");
    CHECK_FALSE(sample.send_approximate);
    check_phase(sample, Phase::send, 1000);
    check_phase(sample, Phase::wait, 300);
    check_phase(sample, Phase::receive, 200);
    CHECK(phase_sum(sample) == sample.service_time);
    CHECK(sample.new_connection == (round == 0));
  }
}

TEST_CASE("phases: a 100 Continue or 103 is not the answer") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.pause(100ms);
    connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
    connection.pause(150ms);
    connection.send(http_answer("halo"));
  });
  HttpHarness http;
  const HttpResult result = http.post(server.url(), "{}");
  CHECK(result.response.status == 200);
  CHECK(result.response.headers.size() == 1);
  check_phase(result.hops.at(0), Phase::wait, 250);
  check_phase(result.hops.at(0), Phase::receive, 0);
}

TEST_CASE("phases: a slow download is receive") {
  RawServer server(keep_alive([](const std::string&) { return http_answer(std::string(500'000, 'd')); }));
  TcpGate gate(server.port());
  gate.throttle(TcpGate::Direction::down, kBandwidth);
  HttpHarness http;
  const HttpResult result = http.get(gate.url());
  REQUIRE(name(result.hops.at(0).error) == "none");
  check_phase(result.hops[0], Phase::send, 0);
  check_phase(result.hops[0], Phase::wait, 0);
  check_phase(result.hops[0], Phase::receive, 500);
}

TEST_CASE("phases: the same over TLS, and approximately over HTTP/2") {
  RawServer backend([](RawConnection& connection) {
    connection.read_request();
    connection.pause(300ms);
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nhalo");
  });
  Nginx nginx("location / { client_max_body_size 10m; proxy_pass http://127.0.0.1:" + std::to_string(backend.port()) +
              "/; }");
  HttpClient::Options options;
  options.ca_file = nginx.ca_file();
  HttpHarness http(options);
  const bool http2 = GENERATE(false, true);
  TcpGate gate(http2 ? nginx.tls_port() : nginx.tls_http1_port());
  gate.throttle(TcpGate::Direction::up, kBandwidth);
  // Over HTTP/2 the server's windows would come late, too, and hold up the upload.
  const double delay_ms = http2 ? 0 : 50;
  gate.delay(TcpGate::Direction::down, std::chrono::milliseconds(http2 ? 0 : 50));
  const HttpResult result = http.run(upload_request(gate.url("/", "https"), shared_bytes(kPhotoBytes)));
  const RequestSample& sample = result.hops.at(0);
  INFO(result.error_detail);
  REQUIRE(name(sample.error) == "none");
  CHECK(sample.version == (http2 ? HttpVersion::http2 : HttpVersion::http1_1));
  CHECK(sample.send_approximate == http2);
  check_phase(sample, Phase::connect, 0);
  CHECK(phase_ms(sample, Phase::tls) > delay_ms);
  CHECK(phase_ms(sample, Phase::tls) < delay_ms + 100);
  check_phase(sample, Phase::send, 1000);
  check_phase(sample, Phase::wait, 300 + delay_ms);
  CHECK(phase_sum(sample) == sample.service_time);
}

TEST_CASE("phases: a small body on a distant server is not send, but wait") {
  RawServer server([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.pause(60ms);
      connection.send(http_answer("ok"));
    }
  });
  TcpGate gate(server.port());
  gate.delay(TcpGate::Direction::up, 40ms);
  gate.delay(TcpGate::Direction::down, 40ms);
  HttpHarness http;
  for (int round = 0; round < 3; ++round) {
    const RequestSample sample = http.post(gate.url(), "{\"a\":1}").hops.at(0);
    check_phase(sample, Phase::send, 0);
    check_phase(sample, Phase::wait, 140);
  }
}
