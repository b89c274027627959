// Bytes that no request asked for end their connection, and are no request's response.
#include "probes/http/unasked_bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/tls_peer.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::string page_of(const std::string& request) {
  const std::size_t from = request.find(' ') + 1;
  return request.substr(from, request.find(' ', from) - from);
}

// Asks for /1, /2 and so on. Before each request, bytes that nobody asked for have arrived.
void check_pages(HttpHarness& http, const std::string& url, const std::atomic<int>& spoken, bool kept = false) {
  for (int i = 1; i <= 4; ++i) {
    const HttpResult result = http.get(url + "/" + std::to_string(i));
    CAPTURE(i, result.error_detail);
    REQUIRE(result.hops.size() == 1);
    CHECK(result.hops[0].outcome == Outcome::success);
    CHECK(result.response.status == 200);
    CHECK(result.response.body == "/" + std::to_string(i));
    CHECK(result.hops[0].new_connection == (i == 1 || !kept));
    REQUIRE(http.run_until([&] { return spoken == i; }));
  }
  CHECK(http.guard().requests.size() == 4);
}

}  // namespace

TEST_CASE("http unasked: what waits on a connection is looked at, not taken") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  CHECK(waiting_on(ends[0]) == Waiting::nothing);
  REQUIRE(write(ends[1], "x", 1) == 1);
  CHECK(waiting_on(ends[0]) == Waiting::bytes);
  CHECK(waiting_on(ends[0]) == Waiting::bytes);
  char byte = 0;
  CHECK(read(ends[0], &byte, 1) == 1);
  close(ends[1]);
  CHECK(waiting_on(ends[0]) == Waiting::end);
  close(ends[0]);
  CHECK(waiting_on(ends[0]) == Waiting::end);
}

TEST_CASE("http unasked: what comes on an idle connection is nobody's answer") {
  const std::string extra =
      GENERATE(as<std::string>{}, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong", "\r\n", "x");
  const bool closes = GENERATE(true, false);
  const bool paced = GENERATE(false, true);
  CAPTURE(extra, closes, paced);
  std::atomic<int> spoken{0};
  std::atomic<int> asked{0};
  RawServer server([&](RawConnection& connection) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      ++asked;
      connection.send(http_answer(page_of(request)));
      connection.pause(5ms);  // so that the bytes arrive separately
      connection.send(extra);
      ++spoken;
      if (closes) return;
    }
  });
  HttpHarness http;
  const NetworkProfile fast{"fast", 10'000'000, 10'000'000, 1ms};
  if (paced) http.user().set_network(&fast);
  check_pages(http, server.url(""), spoken);
  CHECK(asked == 4);
  CHECK(server.accepted() == 4);
}

TEST_CASE("http unasked: what comes right behind an answer is nobody's answer") {
  struct Kind {
    const char* name;
    HttpMethod method;
    const char* answer;
  };
  const Kind kind = GENERATE(
      Kind{"length", HttpMethod::get, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine"},
      Kind{"no length", HttpMethod::get, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
      Kind{"chunks", HttpMethod::get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n"},
      Kind{"trailer", HttpMethod::get,
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\nSum: 1\r\n\r\n"},
      Kind{"HEAD", HttpMethod::head, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"},
      Kind{"204", HttpMethod::get, "HTTP/1.1 204 No Content\r\n\r\n"},
      Kind{"304", HttpMethod::get, "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"});
  const std::string extra = GENERATE(as<std::string>{}, "wrong", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
  CAPTURE(kind.name, extra);
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) connection.send(kind.answer + extra);  // in one piece
  });
  HttpHarness http;
  for (int i = 0; i < 3; ++i) {
    HttpRequest request = get_request(server.url());
    request.method = kind.method;
    const HttpResult result = http.run(request);
    REQUIRE(result.hops.size() == 1);
    CHECK(result.hops[0].outcome == Outcome::success);
    CHECK(result.hops[0].new_connection);
    CHECK(result.response.body.find("wrong") == std::string::npos);
  }
}

TEST_CASE("http unasked: answers that end where they should keep their connections") {
  const std::string answer =
      GENERATE(as<std::string>{}, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine", "HTTP/1.1 204 No Content\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n",
               "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CAPTURE(answer);
  RawServer server(keep_alive([&](const std::string&) { return answer; }));
  HttpHarness http;
  for (int i = 0; i < 3; ++i) CHECK(http.get(server.url()).hops[0].new_connection == (i == 0));
}

TEST_CASE("http unasked: application data behind TLS counts, session tickets do not") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  enum class Extra : std::uint8_t { answer, piece, tickets, closing };
  const Extra extra = GENERATE(Extra::answer, Extra::piece, Extra::tickets, Extra::closing);
  if (version == TLS1_2_VERSION && extra == Extra::tickets) return;  // TLS 1.2 sends tickets within its handshake
  CAPTURE(version, static_cast<int>(extra));
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  std::atomic<int> spoken{0};
  std::atomic<int> asked{0};
  RawServer server(tls_play(authority.issue("leaf"), version, [&](TlsConnection& connection) {
    for (std::string request; !(request = connection.read_head()).empty();) {
      ++asked;
      connection.send(http_answer(page_of(request)));
      connection.raw().pause(5ms);
      switch (extra) {
        case Extra::answer: connection.send(http_answer("wrong")); break;
        case Extra::piece: connection.send("x"); break;
        case Extra::tickets:
          for (int i = 0; i < 2; ++i) {
            SSL_new_session_ticket(connection.tls());
            SSL_do_handshake(connection.tls());
          }
          break;
        case Extra::closing: SSL_shutdown(connection.tls()); break;
      }
      ++spoken;
      if (extra == Extra::closing) return;
    }
  }));
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  // libcurl 8.14 itself gives up a connection with waiting bytes, tickets included. That costs a handshake, and is
  // right.
  const bool looks_itself = curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
  check_pages(http, "https://127.0.0.1:" + std::to_string(server.port()), spoken,
              extra == Extra::tickets && !looks_itself);
  CHECK(asked == 4);
  http.drop_user(0);
}

TEST_CASE("http unasked: what a TLS server says within its handshake is no answer to the first request") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::string hasty = GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong",
                                     "HTTP/1.1 103 Early Hints\r\n\r\n");
  CAPTURE(version, hasty);
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  RawServer server(tls_play(
      authority.issue("leaf"), version,
      [](TlsConnection& connection) {
        while (!connection.read_head().empty()) connection.send(http_answer("mine"));
      },
      hasty));
  HttpClient::Options options;
  options.ca_file = authority.ca_file();
  HttpHarness http(options);
  const HttpResult result = http.get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  INFO(result.error_detail);
  REQUIRE(result.hops.size() == 1);
  CHECK(name(result.hops[0].error) == (hasty.empty() ? "none" : "protocol"));
  CHECK(result.response.body == (hasty.empty() ? "mine" : ""));
  CHECK((result.error_detail.find("before the request") != std::string::npos) == !hasty.empty());
  http.drop_user(0);
}
