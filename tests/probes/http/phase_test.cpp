// Phases over a network of known bandwidth, compared with the times that the server recorded: each phase is within 5 %
// or 20 ms. A busy machine delays the server too, so the comparison uses the server's own times.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/tcp_gate.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPhotoBytes = 1'000'000;
constexpr std::uint64_t kBandwidth = 1'000'000;  // bytes per second
constexpr double kUploadMs = 1000;
// A sanitizer slows down the servers' own reading of a megabyte, which belongs to no phase.
constexpr double kAllowed = kSanitized ? 3 : 1;

// A server that answers some time after it has the request, and ends its response some time after that.
class TimedServer {
 public:
  struct Times {
    TimePoint received{};
    TimePoint answered{};
    TimePoint ended{};
  };

  TimedServer(std::chrono::milliseconds think, std::chrono::milliseconds talk, std::string early = {})
      : server_([=, this](RawConnection& connection) {
          while (!connection.read_request().empty()) {
            Times times;
            times.received = std::chrono::steady_clock::now();
            connection.send(early);
            connection.pause(think);
            times.answered = std::chrono::steady_clock::now();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
            connection.pause(talk);
            times.ended = std::chrono::steady_clock::now();
            const std::lock_guard lock(mutex_);
            times_ = times;
            connection.send("halo");
          }
        }) {}

  [[nodiscard]] const RawServer& raw() const { return server_; }
  [[nodiscard]] Times times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  std::mutex mutex_;
  Times times_;
  RawServer server_;
};

double ms(Duration duration) { return to_seconds(duration) * 1e3; }

TimePoint end_of(const RequestSample& sample, Phase last) {
  TimePoint end = sample.started;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
    if (sample.phases[i] != RequestSample::kNotReached) end += sample.phases[i];
  }
  return end;
}

// The deviations of the phases of several exchanges. Their median counts, because one exchange that the scheduler
// delayed says nothing about the measurement.
class Deviations {
 public:
  // `way_back_ms`: the delay that the network adds to the response.
  void add(const RequestSample& sample, const TimedServer::Times& times, double way_back_ms = 0) {
    CHECK(phase_sum(sample) == sample.service_time);
    note("send", send_, ms(times.received - end_of(sample, Phase::send)), phase_ms(sample, Phase::send));
    const double thinking = ms(times.answered - times.received) + way_back_ms;
    note("wait", wait_, phase_ms(sample, Phase::wait) - thinking, thinking);
    const double talking = ms(times.ended - times.answered);
    note("receive", receive_, phase_ms(sample, Phase::receive) - talking, talking);
  }
  // `allowed` is larger if a proxy between the client and the server takes time of its own.
  void check(double allowed = kAllowed) {
    INFO(seen_);
    CHECK(median(send_) <= allowed);
    CHECK(median(wait_) <= allowed);
    CHECK(median(receive_) <= allowed);
  }

 private:
  // Records a deviation in units of the allowed deviation.
  void note(const char* phase, std::vector<double>& list, double off_ms, double whole_ms) {
    seen_ += std::string(phase) + " off by " + std::to_string(off_ms) + " of " + std::to_string(whole_ms) + " ms\n";
    list.push_back(std::abs(off_ms) / std::max(20.0, whole_ms * 0.05));
  }
  static double median(std::vector<double>& list) {
    std::sort(list.begin(), list.end());
    return list.at(list.size() / 2);
  }

  std::vector<double> send_;
  std::vector<double> wait_;
  std::vector<double> receive_;
  std::string seen_;
};

}  // namespace

TEST_CASE("phases: an upload's send is the network's time and its wait is the server's", "[alone]") {
  TimedServer server(300ms, 200ms);
  TcpGate gate(server.raw().port());
  gate.throttle(TcpGate::Direction::up, kBandwidth);
  HttpHarness http;
  Deviations deviations;
  for (int round = 0; round < 3; ++round) {
    const HttpResult result = http.run(upload_request(gate.url(), shared_bytes(kPhotoBytes)));
    const RequestSample& sample = result.hops.at(0);
    REQUIRE(name(sample.error) == "none");
    CHECK_FALSE(sample.send_approximate);
    CHECK(sample.new_connection == (round == 0));
    CHECK(phase_ms(sample, Phase::send) > kUploadMs * 0.95);  // nothing is faster than the network
    deviations.add(sample, server.times());
  }
  deviations.check();
}

TEST_CASE("phases: without a network in between, they are the server's", "[alone]") {
  TimedServer server(100ms, 60ms);
  HttpHarness http;
  Deviations deviations;
  for (int round = 0; round < 7; ++round) {
    const RequestSample sample = http.post(server.raw().url(), "{}").hops.at(0);
    deviations.add(sample, server.times());
    CHECK((sample.phases[0] == RequestSample::kNotReached));  // an address needs no DNS lookup
    CHECK((sample.phases[1] == RequestSample::kNotReached) == (round > 0));
    CHECK((sample.phases[2] == RequestSample::kNotReached));
  }
  deviations.check();
}

TEST_CASE("phases: a 103 is not the answer", "[alone]") {
  TimedServer server(150ms, 0ms, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
  HttpHarness http;
  Deviations deviations;
  for (int round = 0; round < 5; ++round) {
    const HttpResult result = http.post(server.raw().url(), "{}");
    CHECK(result.response.status == 200);
    CHECK(result.response.headers.size() == 1);
    deviations.add(result.hops.at(0), server.times());
  }
  deviations.check();
}

TEST_CASE("phases: a slow download is receive", "[alone]") {
  RawServer server(keep_alive([](const std::string&) { return http_answer(std::string(500'000, 'd')); }));
  TcpGate gate(server.port());
  gate.throttle(TcpGate::Direction::down, kBandwidth);
  HttpHarness http;
  const RequestSample sample = http.get(gate.url()).hops.at(0);
  REQUIRE(name(sample.error) == "none");
  CHECK(phase_ms(sample, Phase::receive) > 475);
  CHECK(phase_ms(sample, Phase::receive) / ms(sample.service_time) > 0.9);
}

TEST_CASE("phases: the same over TLS, and approximately over HTTP/2", "[alone]") {
  TimedServer backend(300ms, 0ms);
  const bool http2 = GENERATE(false, true);
  // By default nginx forwards the photo only when it has all of it. That time belongs neither to the network nor to the
  // server.
  Nginx nginx(
      "location / { client_max_body_size 10m; proxy_http_version 1.1; proxy_set_header Connection ''; "
      "proxy_request_buffering off; proxy_pass http://127.0.0.1:" +
      std::to_string(backend.raw().port()) + "/; }");
  HttpClient::Options options;
  options.ca_file = nginx.ca_file();
  HttpHarness http(options);
  TcpGate gate(http2 ? nginx.tls_port() : nginx.tls_http1_port());
  gate.throttle(TcpGate::Direction::up, kBandwidth);
  // Over HTTP/2 a delay would also delay the server's window updates, and so hold up the upload.
  const double delay_ms = http2 ? 0 : 50;
  gate.delay(TcpGate::Direction::down, std::chrono::milliseconds(http2 ? 0 : 50));
  Deviations deviations;
  for (std::size_t user = 0; user < 3; ++user) {
    const HttpResult result = http.run(upload_request(gate.url("/", "https"), shared_bytes(kPhotoBytes)), user);
    const RequestSample& sample = result.hops.at(0);
    INFO(result.error_detail);
    REQUIRE(name(sample.error) == "none");
    CHECK(sample.version == (http2 ? HttpVersion::http2 : HttpVersion::http1_1));
    CHECK(sample.send_approximate == http2);
    CHECK(phase_ms(sample, Phase::tls) > delay_ms);
    CHECK(phase_ms(sample, Phase::send) > kUploadMs * 0.95);
    deviations.add(sample, backend.times(), delay_ms);
  }
  deviations.check(2 * kAllowed);  // nginx and its TLS take time
}

TEST_CASE("phases: a small body on the way to a distant server is not send, but wait", "[alone]") {
  TimedServer server(60ms, 0ms);
  TcpGate gate(server.raw().port());
  gate.delay(TcpGate::Direction::up, 40ms);
  gate.delay(TcpGate::Direction::down, 40ms);
  HttpHarness http;
  for (int round = 0; round < 3; ++round) {
    const RequestSample sample = http.post(gate.url(), "{\"a\":1}").hops.at(0);
    CHECK(phase_ms(sample, Phase::send) < phase_ms(sample, Phase::wait) / 4);
    CHECK(phase_ms(sample, Phase::wait) > 135);
    CHECK(phase_sum(sample) == sample.service_time);
  }
}
