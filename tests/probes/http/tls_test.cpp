// TLS, HTTP/2, cookies and unknown certificates, with nginx.
#include "tests/support/catch.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"

#include <set>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

HttpClient::Options trusting(const Nginx& nginx) {
  HttpClient::Options options;
  options.ca_file = nginx.ca_file();
  return options;
}

constexpr const char* kLocations = R"(
    location = /cookie { add_header Set-Cookie "sesi=rahasia; Path=/; HttpOnly"; return 200 "ok"; }
    location = /close { keepalive_timeout 0; return 200 "bye"; }
    location = /ok { return 200 "ok"; }
    location = /zip { gzip on; gzip_types text/plain; gzip_min_length 1; alias @DIRECTORY@/zip.txt; }
    location = /sink { client_max_body_size 10m; proxy_pass http://127.0.0.1:@PLAIN_PORT@/ok; }
)";

}  // namespace

TEST_CASE("http over tls: HTTP/2 is negotiated, kept alive, and can be declined") {
  Nginx nginx(kLocations);
  HttpHarness http(trusting(nginx));
  const HttpResult first = http.get(nginx.tls_url("/ok"));
  CHECK(first.error_detail.empty());
  CHECK(first.response.body == "ok");
  CHECK(first.hops[0].version == HttpVersion::http2);
  CHECK(first.hops[0].send_approximate);
  CHECK(first.hops[0].new_connection);
  CHECK(phase_ms(first.hops[0], Phase::tls) > 0);
  CHECK(phase_sum(first.hops[0]) == first.hops[0].service_time);
  const HttpResult second = http.get(nginx.tls_url("/ok"));
  CHECK_FALSE(second.hops[0].new_connection);
  CHECK((second.hops[0].phases[2] == RequestSample::kNotReached));

  const HttpResult plain = http.get(nginx.tls_http1_url("/ok"));
  CHECK(plain.hops[0].version == HttpVersion::http1_1);
  CHECK_FALSE(http.get(nginx.tls_http1_url("/ok")).hops[0].new_connection);

  HttpRequest request = get_request(nginx.tls_url("/ok"));
  request.version = HttpVersionChoice::http1_1;
  CHECK(http.run(request).hops[0].version == HttpVersion::http1_1);
  CHECK(http.run(request).hops[0].version == HttpVersion::http1_1);
}

TEST_CASE("http over tls: every new user is a stranger, with a full handshake and no cookie") {
  Nginx nginx(kLocations);
  HttpHarness http(trusting(nginx));
  constexpr std::size_t kUsers = 8;
  for (std::size_t user = 0; user < kUsers; ++user) {
    CHECK(http.get(nginx.tls_http1_url("/cookie"), user).response.status == 200);
    CHECK(http.get(nginx.tls_http1_url("/ok"), user).response.status == 200);
    CHECK(http.user(user).cookie(nginx.tls_http1_url("/ok"), "sesi") == "rahasia");
  }
  const std::vector<Nginx::Request> seen = nginx.requests(2 * kUsers);
  std::set<std::string> connections;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    connections.insert(seen[i].connection);
    CHECK_FALSE(seen[i].resumed);
    CHECK(seen[i].cookie == (i % 2 == 0 ? "-" : "sesi=rahasia"));
  }
  CHECK(connections.size() == kUsers);
}

TEST_CASE("http over tls: an expired, a wrongly named and an untrusted certificate are told apart") {
  TemporaryDirectory directory;
  CertificateAuthority trusted(directory.path());
  TemporaryDirectory elsewhere;
  CertificateAuthority stranger(elsewhere.path());
  CertificateAuthority::LeafOptions expired;
  expired.not_before = -48h;
  expired.not_after = -1h;
  CertificateAuthority::LeafOptions future;
  future.not_before = 1h;
  CertificateAuthority::LeafOptions misnamed;
  misnamed.names = {"lain.test"};
  misnamed.addresses = {};
  const std::vector<std::pair<CertificateAuthority::Leaf, std::string>> cases{
      {trusted.issue("good"), "none"},
      {trusted.issue("expired", expired), "tls_expired"},
      {trusted.issue("future", future), "tls_expired"},
      {trusted.issue("misnamed", misnamed), "tls_name"},
      {stranger.issue("untrusted"), "tls_chain"}};
  for (const auto& [leaf, wanted] : cases) {
    CAPTURE(leaf.certificate);
    RawServer server(http2_play(leaf, [](Http2Connection& connection) {
      if (!connection.open(65535)) return;
      while (const std::uint32_t stream = connection.read_request()) connection.send_status_200(stream, true);
    }));
    for (const bool verify : {true, false}) {
      HttpClient::Options options;
      options.ca_file = trusted.ca_file();
      options.verify_certificates = verify;
      HttpHarness http(options);
      const HttpResult result = http.get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
      INFO(result.error_detail);
      CHECK(name(result.hops.at(0).error) == (verify ? wanted : "none"));
      http.drop_user(0);
    }
  }
}

TEST_CASE("http over tls: a user who comes back resumes the TLS session, unless it was reset") {
  Nginx nginx(kLocations);
  HttpHarness http(trusting(nginx));
  for (int round = 0; round < 2; ++round) CHECK(http.get(nginx.tls_http1_url("/close")).hops[0].new_connection);
  http.user().reset();
  CHECK(http.get(nginx.tls_http1_url("/close")).hops[0].new_connection);
  const std::vector<Nginx::Request> seen = nginx.requests(3);
  CHECK_FALSE(seen[0].resumed);
  CHECK(seen[1].resumed);
  CHECK_FALSE(seen[2].resumed);
}

TEST_CASE("http over tls: HTTP/2 users do not share connections, and theirs are counted at the server") {
  Nginx nginx(kLocations);
  HttpHarness http(trusting(nginx));
  for (int round = 0; round < 2; ++round) {
    for (std::size_t user = 0; user < 5; ++user) {
      CHECK(http.get(nginx.tls_url("/cookie"), user).hops[0].new_connection == (round == 0));
    }
  }
  std::set<std::string> connections;
  std::set<std::string> traces;
  for (const Nginx::Request& request : nginx.requests(10)) {
    connections.insert(request.connection);
    traces.insert(request.traceparent);
    CHECK_FALSE(request.resumed);
  }
  CHECK(connections.size() == 5);
  CHECK(traces.size() == 10);
}

TEST_CASE("http over tls: gzip is decoded, and the bytes of the wire are counted") {
  Nginx nginx(kLocations);
  write_file(nginx.directory() + "/zip.txt", std::string(200'000, 'z'));
  HttpHarness http(trusting(nginx));
  const HttpResult result = http.get(nginx.tls_http1_url("/zip"));
  CHECK(result.response.body == std::string(200'000, 'z'));
  CHECK(result.response.body_size == 200'000);
  CHECK(result.hops[0].bytes_received < 5'000);
}
