// Peers that misbehave: each fault gets its own error class, in bounded time and memory.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/tcp_gate.hpp"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// Sends `text` after any request and closes.
RawServer::Play say(std::string text) {
  return [text = std::move(text)](RawConnection& connection) {
    connection.read_request();
    connection.send(text);
  };
}

std::string error_of(const HttpResult& result) { return std::string(name(result.hops.back().error)); }

long resident_kb() {
  std::ifstream file("/proc/self/statm");
  long pages = 0;
  file >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE) / 1024;
}

}  // namespace

TEST_CASE("http fault: closing without an answer is empty_reply") {
  RawServer server([](RawConnection& connection) { connection.read_request(); });
  HttpHarness http;
  CHECK(error_of(http.get(server.url())) == "empty_reply");
}

TEST_CASE("http fault: closing before the announced length is partial") {
  HttpHarness http;
  SECTION("mid-body") {
    RawServer server(say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    const HttpResult result = http.get(server.url());
    CHECK(error_of(result) == "partial");
    CHECK(result.response.body == "half");
    CHECK(result.response.status == 200);
  }
  SECTION("mid-chunk") {
    RawServer server(say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"));
    CHECK(error_of(http.get(server.url())) == "partial");
  }
}

TEST_CASE("http fault: a reset is told apart by how far the exchange had come") {
  HttpHarness http;
  SECTION("before the answer") {
    RawServer server([](RawConnection& connection) {
      connection.read_request();
      connection.reset();
    });
    CHECK(error_of(http.get(server.url())) == "reset");
  }
  SECTION("within the body") {
    RawServer server([](RawConnection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      connection.pause(50ms);
      connection.reset();
    });
    CHECK(error_of(http.get(server.url())) == "reset");
  }
  SECTION("while the request's body is on its way") {
    RawServer server(
        [](RawConnection& connection) {
          connection.read_bytes(100'000);
          connection.reset();
        },
        16 * 1024);
    const HttpResult result = http.run(upload_request(server.url(), shared_bytes(5'000'000)));
    CHECK(error_of(result) == "send_error");
    CHECK(result.hops[0].bytes_sent < 5'000'000);
  }
}

TEST_CASE("http fault: what is not HTTP is protocol") {
  HttpHarness http;
  const std::string text = GENERATE(as<std::string>{}, "SSH-2.0-OpenSSH_9.2p1\r\n",
                                    "\x16\x03\x01 rubbish \x01\x02\x03\r\n\r\n", "HTTP/1.1 abc\r\n\r\n");
  CAPTURE(text);
  RawServer server(say(text));
  const HttpResult result = http.get(server.url());
  CHECK(error_of(result) == "protocol");
  CHECK(result.response.status == 0);
}

TEST_CASE("http fault: a Content-Length that is no number is protocol") {
  HttpHarness http;
  RawServer server(say("HTTP/1.1 200 OK\r\nContent-Length: banyak\r\n\r\nx"));
  CHECK(error_of(http.get(server.url())) == "protocol");
}

TEST_CASE("http fault: a body that cannot be decoded is body_malformed") {
  HttpHarness http;
  SECTION("gzip that is none") {
    RawServer server(say(http_answer("this is not gzip", "200 OK", "Content-Encoding: gzip\r\n")));
    CHECK(error_of(http.get(server.url())) == "body_malformed");
  }
  SECTION("a chunk that is none") {
    RawServer server(say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalo\r\n0\r\n\r\n"));
    CHECK(error_of(http.get(server.url())) == "body_malformed");
  }
}

TEST_CASE("http fault: headers without end are headers_too_large, in bounded memory") {
  HttpHarness http;
  const auto endless = [](std::string first, std::string again) {
    return [first = std::move(first), again = std::move(again)](RawConnection& connection) {
      connection.read_request();
      connection.send(first);
      for (int i = 0; i < 100'000 && connection.send(again); ++i) {
      }
    };
  };
  const long before = resident_kb();
  SECTION("many lines") {
    RawServer server(endless("HTTP/1.1 200 OK\r\n", "X-Header: " + std::string(1000, 'h') + "\r\n"));
    CHECK(error_of(http.get(server.url())) == "headers_too_large");
  }
  SECTION("one line") {
    RawServer server(endless("HTTP/1.1 200 OK\r\nX-Header: ", std::string(1000, 'h')));
    CHECK(error_of(http.get(server.url())) == "headers_too_large");
  }
  SECTION("one status line") {
    RawServer server(endless("HTTP/1.1 200 ", std::string(1000, 'h')));
    CHECK(error_of(http.get(server.url())) == "headers_too_large");
  }
  SECTION("answers before the answer") {
    RawServer server(endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"));
    CHECK(error_of(http.get(server.url())) == "headers_too_large");
  }
  CHECK(resident_kb() - before < 20'000);
}

TEST_CASE("http fault: a body without end is kept to its cap and ended by the timeout") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
    const std::string block(65536, 'b');
    while (connection.send(block)) {
    }
  });
  HttpHarness http;
  const long before = resident_kb();
  HttpRequest request = get_request(server.url());
  request.timeout = 700ms;
  const HttpResult result = http.run(request);
  CHECK(error_of(result) == "too_slow");
  CHECK(result.response.body.size() == request.max_body);
  CHECK(result.response.body_truncated);
  CHECK(result.response.body_size > 3 * request.max_body);
  CHECK(result.hops[0].bytes_received > result.response.body_size);
  CHECK(to_seconds(result.hops[0].service_time) == Approx(0.7).margin(0.1));
  // The address sanitizer keeps freed memory for a while.
  if (!kSanitized) CHECK(resident_kb() - before < 20'000);
}

TEST_CASE("http fault: an answer that falls silent is a stall") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.pause(5s);
  });
  HttpHarness http;
  HttpRequest request = get_request(server.url());
  request.timeout = 500ms;
  CHECK(error_of(http.run(request)) == "stall");
}

TEST_CASE("http fault: an upload that is not taken is send_timeout") {
  RawServer server([](RawConnection& connection) { connection.pause(5s); }, 16 * 1024);
  HttpHarness http;
  HttpRequest request = upload_request(server.url(), shared_bytes(5'000'000));
  request.timeout = 500ms;
  const HttpResult result = http.run(request);
  CHECK(error_of(result) == "send_timeout");
  CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
}

TEST_CASE("http fault: a handshake that is not answered is tls_timeout, and one with rubbish tls_handshake") {
  HttpHarness http;
  SECTION("silence") {
    RawServer server([](RawConnection& connection) { connection.pause(5s); });
    HttpRequest request = get_request("https://127.0.0.1:" + std::to_string(server.port()) + "/");
    request.connect_timeout = 300ms;
    const HttpResult result = http.run(request);
    CHECK(error_of(result) == "tls_timeout");
    CHECK(phase_ms(result.hops[0], Phase::tls) > 0);
    CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
    CHECK(to_seconds(result.hops[0].service_time) > 0.29);
  }
  SECTION("plain HTTP") {
    RawServer server([](RawConnection& connection) {
      connection.send(http_answer("halo"));
      connection.wait_for_close();
    });
    CHECK(error_of(http.get("https://127.0.0.1:" + std::to_string(server.port()) + "/")) == "tls_handshake");
  }
}

TEST_CASE("http fault: a full backlog is tcp_timeout") {
  // The listener never accepts and has room for one connection: further connections wait.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(listen(listener, 0) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  HttpHarness http;
  std::vector<std::string> errors;
  for (std::size_t user = 0; user < 4; ++user) {
    HttpRequest request = get_request("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/");
    request.connect_timeout = 300ms;
    request.timeout = 600ms;
    http.client().start(http.user(user), request, [&errors](HttpResult result) { errors.push_back(error_of(result)); });
  }
  REQUIRE(http.run_until([&errors] { return errors.size() == 4; }));
  CHECK(std::count(errors.begin(), errors.end(), "tcp_timeout") >= 2);
  CHECK(std::count(errors.begin(), errors.end(), "tcp_timeout") +
            std::count(errors.begin(), errors.end(), "wait_timeout") ==
        4);
  close(listener);
}

TEST_CASE("http fault: being out of descriptors is our own fault, and passes") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpHarness http;
  CHECK(error_of(http.get(server.url(), 0)) == "none");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(0);
  close(next);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  const HttpResult result = http.get(server.url(), 1);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(error_of(result) == "generator_descriptors");
  CHECK(info(result.hops[0].error).side == ErrorSide::generator);
  CHECK(error_of(http.get(server.url(), 1)) == "none");
}

TEST_CASE("http fault: the connections of a worker have a limit") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpClient::Options options;
  options.max_connections = 2;
  HttpHarness http(options);
  CHECK(error_of(http.get(server.url(), 0)) == "none");
  CHECK(error_of(http.get(server.url(), 1)) == "none");
  CHECK(error_of(http.get(server.url(), 2)) == "generator_descriptors");
  http.drop_user(0);
  CHECK(error_of(http.get(server.url(), 2)) == "none");
}

TEST_CASE("http fault: a name that does not resolve is of a dns class") {
  HttpHarness http;
  const HttpResult result = http.get("http://nama-yang-tidak-ada.invalid/");
  CHECK(info(result.hops[0].error).layer == ErrorLayer::dns);
  CHECK(result.error_detail.find("nama-yang-tidak-ada.invalid") != std::string::npos);
  CHECK((result.hops[0].phases[0] != RequestSample::kNotReached));
  CHECK(phase_sum(result.hops[0]) == result.hops[0].service_time);
}

TEST_CASE("http fault: a network that swallows everything ends in wait_timeout, one that resets in reset") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  TcpGate gate(server.port());
  HttpHarness http;
  CHECK(error_of(http.get(gate.url())) == "none");
  HttpRequest request = get_request(gate.url());
  request.timeout = 400ms;
  SECTION("swallows") {
    gate.swallow(true);
    CHECK(error_of(http.run(request)) == "wait_timeout");
    gate.heal();
    const HttpResult after = http.run(request);
    CHECK(error_of(after) == "none");
    CHECK(after.hops[0].new_connection);
  }
  SECTION("resets idle connections: libcurl tries again on a new one") {
    gate.reset_all();
    CHECK(http.run_until([&gate] { return gate.open() == 0; }));
    CHECK(error_of(http.run(request)) == "none");
    CHECK(gate.accepted() == 2);
  }
  SECTION("resets new connections") {
    gate.reset_new(true);
    const HttpResult result = http.get(gate.url(), 1);
    const bool before_connect_was_seen = error_of(result) == "tcp_refused";
    CHECK((before_connect_was_seen || error_of(result) == "reset"));
  }
  SECTION("truncates the answer") {
    gate.truncate_after(TcpGate::Direction::down, http_answer("ok").size() - 1);
    CHECK(error_of(http.run(request, 1)) == "partial");
  }
}
