// Responses that end too early, at any place: none of them is a success. And the ends of HTTP/2 streams and of TLS.
#include "tests/support/catch.hpp"
#include "tests/support/deflated.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/raw_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <memory>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

RawServer::Play say(std::string text) {
  return [text = std::move(text)](RawConnection& connection) {
    connection.read_request();
    connection.send(text);
  };
}

std::string error_of(const HttpResult& result) { return std::string(name(result.hops.back().error)); }

std::string error_of_saying(const std::string& text) {
  RawServer server(say(text));
  HttpHarness http;
  return error_of(http.get(server.url()));
}

std::string chunked(std::string_view body, std::string_view headers = "") {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + std::string(headers) + "\r\n";
  for (const char c : body) text += std::string("1\r\n") + c + "\r\n";
  return text + "0\r\n\r\n";
}

HttpHarness trusting_all() {
  HttpClient::Options options;
  options.verify_certificates = false;
  return HttpHarness(options);
}

struct Tls {
  TemporaryDirectory directory;
  CertificateAuthority authority{directory.path()};
  CertificateAuthority::Leaf leaf = authority.issue("peer");
};

std::string https(const RawServer& server) { return "https://127.0.0.1:" + std::to_string(server.port()) + "/"; }

// The result of one request whose response an HTTP/2 peer plays.
HttpResult over_http2(const std::function<void(Http2Connection&, std::uint32_t stream)>& play) {
  static const Tls tls;
  RawServer server(http2_play(tls.leaf, [&play](Http2Connection& connection) {
    if (!connection.open(65535)) return;
    if (const std::uint32_t stream = connection.read_request()) play(connection, stream);
  }));
  HttpClient::Options options;
  options.verify_certificates = false;
  HttpHarness http(options);
  HttpRequest request = get_request(https(server));
  request.timeout = 5s;
  HttpResult result = http.run(request);
  UNSCOPED_INFO(result.error_detail);
  return result;
}

}  // namespace

TEST_CASE("http cut: within the headers an answer is partial") {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nServer: x\r\n\r\n";
  const std::size_t status_line = whole.find('\n') + 1;
  for (const std::size_t size : {status_line, status_line + 7, whole.size() - 12, whole.size() - 2, whole.size() - 1}) {
    CAPTURE(size);
    CHECK(error_of_saying(whole.substr(0, size)) == "partial");
    CHECK(error_of_saying("HTTP/1.1 100 Continue\r\n\r\n" + whole.substr(0, size)) == "partial");
  }
  CHECK(error_of_saying(whole) == "none");  // the close ends the body
  CHECK(error_of_saying("HTTP/1.1 100 Continue\r\n\r\n") == "empty_reply");
  CHECK(error_of_saying("HTTP/1.0 302 Found\r\nLocation: /elsewhere\r\n") == "partial");
}

TEST_CASE("http cut: a status line that only libcurl understands is no answer") {
  CHECK(error_of_saying("HTTP 200 OK\r\nContent-Length: 2\r\n\r\nok") == "protocol");
}

TEST_CASE("http cut: within chunks and trailers an answer is partial") {
  const std::string whole = chunked("halo");
  const std::size_t head = whole.find("\r\n\r\n") + 4;
  for (std::size_t size = head; size + 1 < whole.size(); size += 3) {
    CAPTURE(size);
    CHECK(error_of_saying(whole.substr(0, size)) == "partial");
  }
  CHECK(error_of_saying(whole) == "none");
  CHECK(error_of_saying(whole.substr(0, whole.size() - 2) + "X-Sum: 1\r\n") == "partial");
}

TEST_CASE("http cut: a coding that has not ended is partial, however the answer is framed") {
  const std::string body = deflated("a page that people read");
  const std::string cut = body.substr(0, body.size() - 3);
  const std::string gzip = "Content-Encoding: gzip\r\n";
  CHECK(error_of_saying(http_answer(body, "200 OK", gzip)) == "none");
  CHECK(error_of_saying(http_answer(cut, "200 OK", gzip)) == "partial");
  CHECK(error_of_saying(chunked(body, gzip)) == "none");
  CHECK(error_of_saying(chunked(cut, gzip)) == "partial");
  CHECK(error_of_saying("HTTP/1.1 200 OK\r\n" + gzip + "\r\n" + body) == "none");
  CHECK(error_of_saying("HTTP/1.1 200 OK\r\n" + gzip + "\r\n" + cut) == "partial");
  CHECK(error_of_saying("HTTP/1.1 200 OK\r\n" + gzip + "\r\n") == "partial");  // before the first byte of the body
  CHECK(error_of_saying("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\n") == "none");
  CHECK(error_of_saying("HTTP/1.1 304 Not Modified\r\n" + gzip + "\r\n") == "none");
  CHECK(error_of_saying(chunked("", gzip)) == "none");
  CHECK(error_of_saying(http_answer("", "200 OK", gzip)) == "none");
}

TEST_CASE("http body: members, padding, layers and unknown codings") {
  RawServer server([](RawConnection& connection) {
    const std::string text = "a page that people read";
    for (std::string head; !(head = connection.read_request()).empty();) {
      const auto asked = [&head](std::string_view path) { return head.find(path) != std::string::npos; };
      std::string coding = "gzip";
      std::string body = deflated(text.substr(0, 7)) + deflated(text.substr(7)) + std::string(300, '\0');
      if (asked("/layers")) {
        coding = "deflate, x-gzip\r\nContent-Encoding: gzip";
        body = deflated(deflated(deflated(text, Deflated::raw)));
      }
      if (asked("/unknown")) {
        coding = "gzip, sdch";
        body = text;
      }
      if (asked("/tail")) body = deflated(text) + "12345";
      if (asked("/many")) coding = "gzip, gzip, gzip, gzip, gzip, gzip";
      connection.send(http_answer(body, "200 OK", "Content-Encoding: " + coding + "\r\n"));
    }
  });
  HttpHarness http;
  for (const char* path : {"/members", "/layers", "/unknown"}) {
    CAPTURE(path);
    const HttpResult result = http.get(server.url(path));
    CHECK(error_of(result) == "none");
    CHECK(result.response.body == "a page that people read");
    CHECK(result.response.body_size == result.response.body.size());
  }
  CHECK(error_of(http.get(server.url("/tail"))) == "body_malformed");
  CHECK(error_of(http.get(server.url("/many"))) == "body_malformed");
}

TEST_CASE("http body: a script's own Accept-Encoding is sent, and no other") {
  std::string seen;
  RawServer server(keep_alive([&seen](const std::string& request) {
    seen = request;
    return http_answer("ok");
  }));
  HttpHarness http;
  http.get(server.url());
  CHECK(seen.find("Accept-Encoding: gzip\r\n") != std::string::npos);
  HttpRequest request = get_request(server.url());
  request.headers.push_back({"accept-encoding", "br"});
  http.run(request);
  CHECK(seen.find("accept-encoding: br\r\n") != std::string::npos);
  CHECK(seen.find("gzip") == std::string::npos);
}

TEST_CASE("http cut: over TLS only its closing alert ends an answer without a length") {
  const Tls tls;
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), tls.leaf.certificate.c_str()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), tls.leaf.key.c_str(), SSL_FILETYPE_PEM) == 1);
  const auto error_with = [&context](std::string text, bool closing_alert) {
    RawServer server([&](RawConnection& connection) {
      const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
      SSL_set_fd(session.get(), connection.fd());
      if (SSL_accept(session.get()) != 1) return;
      std::string request(4096, '\0');
      SSL_read(session.get(), request.data(), static_cast<int>(request.size()));
      if (!text.empty()) SSL_write(session.get(), text.data(), static_cast<int>(text.size()));
      if (closing_alert) SSL_shutdown(session.get());
    });
    HttpHarness http = trusting_all();
    return error_of(http.get(https(server)));
  };
  const std::string open_ended = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf";
  CHECK(error_with(open_ended, true) == "none");
  CHECK(error_with(open_ended, false) == "partial");
  CHECK(error_with("HTTP/1.1 200 OK\r\nConnection: cl", true) == "partial");
  CHECK(error_with("HTTP/1.1 200 OK\r\nConnection: cl", false) == "partial");
  CHECK(error_with(http_answer("half").substr(0, 40), true) == "partial");
  CHECK(error_with("", false) == "empty_reply");
  CHECK(error_with("", true) == "empty_reply");
}

TEST_CASE("http tls: a server that demands a client's certificate is tls_handshake, also when TLS 1.3 says so late") {
  const Tls tls;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_max_proto_version(context.get(), version);
    REQUIRE(SSL_CTX_use_certificate_chain_file(context.get(), tls.leaf.certificate.c_str()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey_file(context.get(), tls.leaf.key.c_str(), SSL_FILETYPE_PEM) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    RawServer server([&context](RawConnection& connection) {
      const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
      SSL_set_fd(session.get(), connection.fd());
      SSL_accept(session.get());
      connection.wait_for_close();  // a close with unread bytes would reset the connection
    });
    HttpHarness http = trusting_all();
    const HttpResult result = http.get(https(server));
    INFO(result.error_detail);
    CHECK(error_of(result) == "tls_handshake");
  }
}

TEST_CASE("http tls: plain HTTP where TLS is expected, and TLS where plain HTTP is") {
  RawServer plain([](RawConnection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  HttpHarness http;
  CHECK(error_of(http.get(https(plain))) == "tls_handshake");
  // OpenSSL answers "GET " with this alert.
  RawServer secured([](RawConnection& connection) {
    connection.read_head();
    connection.send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7));
  });
  CHECK(error_of(http.get(secured.url())) == "protocol");
}

TEST_CASE("http/2 cut: a stream that does not end with END_STREAM is partial") {
  using Connection = Http2Connection;
  const auto half = [](Connection& connection, std::uint32_t stream) {
    connection.send_status_200(stream, false);
    connection.send_frame(Connection::data, 0, stream, "half");
  };
  CHECK(error_of(over_http2([](Connection& c, std::uint32_t stream) { c.send_status_200(stream, false); })) ==
        "partial");
  CHECK(error_of(over_http2(half)) == "partial");
  const HttpResult reset = over_http2([&half](Connection& c, std::uint32_t stream) {
    half(c, stream);
    std::this_thread::sleep_for(100ms);  // otherwise libcurl discards the data before the reset
    c.send_frame(Connection::reset, 0, stream, big_endian(2));
    c.read_until_close();
  });
  INFO(reset.error_detail);
  CHECK(error_of(reset) == "partial");
  const HttpResult gone = over_http2([&half](Connection& c, std::uint32_t stream) {
    half(c, stream);
    c.send_frame(Connection::goaway, 0, 0, big_endian(stream) + big_endian(0));
  });
  CHECK(error_of(gone) == "partial");
}

TEST_CASE("http/2: who ends a stream or a connection, and how, decides the class") {
  using Connection = Http2Connection;
  const auto error_with = [](const std::function<void(Connection&, std::uint32_t)>& play) {
    const HttpResult result = over_http2([&play](Connection& c, std::uint32_t stream) {
      play(c, stream);
      c.read_until_close();
    });
    UNSCOPED_INFO(result.error_detail);
    CHECK((result.hops.back().version == HttpVersion::http2));
    return error_of(result);
  };
  SECTION("whole answers") {
    CHECK(error_with([](Connection& c, std::uint32_t stream) { c.send_status_200(stream, true); }) == "none");
    // An orderly GOAWAY ends the connection after this response.
    CHECK(error_with([](Connection& c, std::uint32_t stream) {
            c.send_frame(Connection::goaway, 0, 0, big_endian(stream) + big_endian(0));
            c.send_status_200(stream, false);
            c.send_frame(Connection::data, Connection::end_stream, stream, "whole");
          }) == "none");
  }
  SECTION("a reset before the answer") {
    for (const std::uint32_t code : {2U, 8U, 11U}) {
      CAPTURE(code);
      CHECK(error_with([code](Connection& c, std::uint32_t stream) {
              c.send_frame(Connection::reset, 0, stream, big_endian(code));
            }) == "reset");
    }
    CHECK(error_with([](Connection& c, std::uint32_t stream) {
            c.send_frame(Connection::reset, 0, stream, big_endian(0));
          }) == "empty_reply");
  }
  SECTION("GOAWAY before the answer") {
    for (const std::uint32_t code : {0U, 2U}) {
      CAPTURE(code);
      CHECK(error_with([code](Connection& c, std::uint32_t) {
              c.send_frame(Connection::goaway, 0, 0, big_endian(0) + big_endian(code));
            }) == "reset");
    }
  }
  SECTION("frames that break the rules") {
    CHECK(error_with([](Connection& c, std::uint32_t) { c.send_frame(Connection::data, 0, 0, "x"); }) == "protocol");
    CHECK(error_with([](Connection& c, std::uint32_t stream) { c.send_frame(Connection::data, 0, stream, "x"); }) ==
          "protocol");
    CHECK(error_with([](Connection& c, std::uint32_t stream) {
            c.send_frame(Connection::headers, Connection::end_headers, stream, "\xff\xff\xff\xff\xff");
          }) == "protocol");
    CHECK(error_with([](Connection& c, std::uint32_t stream) { c.send_status_200(stream, true, "Upper", "x"); }) ==
          "protocol");
    CHECK(error_with([](Connection& c, std::uint32_t) { c.send_frame(Connection::ping, 0, 0, "x"); }) == "protocol");
  }
  SECTION("another length than was announced") {
    const std::string error = error_with([](Connection& c, std::uint32_t stream) {
      c.send_status_200(stream, false, "content-length", "9");
      c.send_frame(Connection::data, Connection::end_stream, stream, "short");
    });
    CHECK(error == "protocol");
  }
}

TEST_CASE("http/2: a peer that agrees on it and speaks something else is protocol") {
  const Tls tls;
  RawServer server(http2_play(tls.leaf, [](Http2Connection& connection) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    connection.read_until_close();
  }));
  HttpHarness http = trusting_all();
  CHECK(error_of(http.get(https(server))) == "protocol");
}
