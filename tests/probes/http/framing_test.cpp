// Where a response ends: one row for each rule of RFC 9112, 5 to 8, and RFC 9113, 8.1 to 8.3, for a client.
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http2_peer.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::string error_of(const HttpResult& result) { return std::string(name(result.hops.back().error)); }

struct Row {
  const char* section;  // of RFC 9112
  const char* what;
  std::string answer;
  std::string error;  // "none": a success
  std::string body;
  bool kept;  // the connection is reused for the next request
  HttpMethod method = HttpMethod::get;
};

std::string with(const std::string& fields, const std::string& body = "halo") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

const std::string kChunked = "Transfer-Encoding: chunked\r\n";
const std::string kHalo = "4\r\nhalo\r\n0\r\n\r\n";

// If `kept` is false, the server closes after its response, so that a body "until the connection closes" ends.
std::vector<Row> rows() {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalo";
  return {
      {"4", "a status line without a reason", "HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nhalo", "none", "halo", true},
      {"4", "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nhalo", "none", "halo", false},
      {"4", "a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "a status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "a status with a letter", "HTTP/1.1 20x OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "no version", "HTTP 200 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "HTTP/2 without TLS", "HTTP/2 200 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "two blanks", "HTTP/1.1  200 OK\r\nContent-Length: 4\r\n\r\nhalo", "protocol", "", false},
      {"4", "a header that begins like a status line", with("HTTP/1.1 404 No: x\r\nContent-Length: 4\r\n"), "none",
       "halo", true},
      {"2.2", "blanks before the first header", with(" Content-Length: 4\r\n"), "protocol", "", false},
      {"2.2", "a carriage return alone where the headers end", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\rX: y\r\nhalo",
       "protocol", "", false},
      {"2.2", "line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 4\n\nhalo", "none", "halo", true},
      {"5", "a line without a colon", with("X-A\r\nContent-Length: 4\r\n"), "protocol", "", false},
      {"5", "a field without a name", with(": a\r\nContent-Length: 4\r\n"), "none", "halo", true},
      {"5.1", "a blank before the colon", with("X-A : b\r\nContent-Length: 4\r\n"), "none", "halo", true},
      {"5.1", "a blank before the colon of a length", with("Content-Length : 4\r\n"), "protocol", "", false},
      {"5.1", "a blank before the colon of a coding", with("Transfer-Encoding : chunked\r\n", kHalo), "protocol", "",
       false},
      {"5.2", "a folded line", with("X-A: b\r\n  c\r\nContent-Length: 4\r\n"), "none", "halo", true},
      {"5.2", "a folded length", with("Content-Length: 4\r\n 2\r\n"), "protocol", "", false},
      {"5.2", "a line of blanks", with("Content-Length: 4\r\n \t\r\n"), "none", "halo", true},
      {"6.1", "a coding and a length", with(kChunked + "Content-Length: 2\r\n", kHalo), "none", "halo", false},
      {"6.1", "a length and a coding", with("Content-Length: 2\r\n" + kChunked, kHalo), "none", "halo", false},
      {"6.1", "a coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + kChunked + "\r\n" + kHalo,
       "protocol", "", false},
      {"6.1", "chunked twice", with("Transfer-Encoding: chunked, chunked\r\n", kHalo), "protocol", "", false},
      {"6.1", "chunked in two lines", with(kChunked + kChunked, kHalo), "protocol", "", false},
      {"6.1", "a coding after chunked", with("Transfer-Encoding: chunked, gzip\r\n", kHalo), "protocol", "", false},
      {"6.1", "a coding that is not known", with("Transfer-Encoding: xyz, chunked\r\n", kHalo), "protocol", "", false},
      {"6.1", "a coding that was not asked for", with("Transfer-Encoding: gzip\r\n"), "protocol", "", false},
      {"6.1", "chunked in capitals", with("Transfer-Encoding: Chunked\r\n", kHalo), "none", "halo", true},
      {"6.1", "no coding, until the end", with("Transfer-Encoding: identity\r\n"), "none", "halo", false},
      {"6.1", "a coding in an interim answer", "HTTP/1.1 103 Early Hints\r\n" + kChunked + "\r\n" + ok, "protocol", "",
       false},
      {"6.2", "a length in an interim answer", "HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n" + ok, "protocol",
       "", false},
      {"6.3 1", "HEAD has no body", with("Content-Length: 4\r\n", ""), "none", "", true, HttpMethod::head},
      {"6.3 1", "HEAD with chunks has no body", with(kChunked, ""), "none", "", true, HttpMethod::head},
      {"6.3 1", "204 has no body", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", "none", "", true},
      {"6.3 1", "204 with chunks has no body", "HTTP/1.1 204 No Content\r\n" + kChunked + "\r\n", "none", "", true},
      {"6.3 1", "304 has no body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", "none", "", true},
      {"6.3 1", "1xx has no body", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 199 X\r\n\r\n" + ok, "none", "halo", true},
      {"6.3 5", "two lengths", with("Content-Length: 4\r\nContent-Length: 5\r\n"), "protocol", "", false},
      {"6.3 5", "two lengths in a line", with("Content-Length: 4, 5\r\n"), "protocol", "", false},
      {"6.3 5", "a length twice", with("Content-Length: 4\r\nContent-Length: 4\r\n"), "none", "halo", true},
      {"6.3 5", "a length twice in a line", with("Content-Length: 4, 4\r\n"), "none", "halo", true},
      {"6.3 5", "a length with a sign", with("Content-Length: +4\r\n"), "protocol", "", false},
      {"6.3 5", "a negative length", with("Content-Length: -4\r\n"), "protocol", "", false},
      {"6.3 5", "a length with a unit", with("Content-Length: 4 bytes\r\n"), "protocol", "", false},
      {"6.3 5", "a hexadecimal length", with("Content-Length: 0x4\r\n"), "protocol", "", false},
      {"6.3 5", "a length with a fraction", with("Content-Length: 4.0\r\n"), "protocol", "", false},
      {"6.3 5", "no length at all in its line", with("Content-Length: \r\n"), "protocol", "", false},
      {"6.3 5", "a length that nobody can count", with("Content-Length: 99999999999999999999\r\n"), "protocol", "",
       false},
      {"6.3 6", "fewer bytes than announced", with("Content-Length: 5\r\n"), "partial", "halo", false},
      {"6.3 8", "until the connection closes", with(""), "none", "halo", false},
      {"7.1", "extensions are ignored", with(kChunked, "4;a=b;c\r\nhalo\r\n0;d\r\n\r\n"), "none", "halo", true},
      {"7.1", "capitals and zeros in a size", with(kChunked, "00A\r\n0123456789\r\n000\r\n\r\n"), "none", "0123456789",
       true},
      {"7.1", "a size that is none", with(kChunked, "zz\r\nhalo\r\n0\r\n\r\n"), "body_malformed", "", false},
      {"7.1", "a size that overflows", with(kChunked, "fffffffffffffffff\r\nhalo\r\n0\r\n\r\n"), "body_malformed", "",
       false},
      {"7.1", "a chunk longer than its size", with(kChunked, "3\r\nhalo\r\n0\r\n\r\n"), "body_malformed", "hal", false},
      {"7.1.2", "a trailer is no header", with(kChunked, "4\r\nhalo\r\n0\r\nX-Late: 1\r\n\r\n"), "none", "halo", true},
      {"8", "no last chunk", with(kChunked, "4\r\nhalo\r\n"), "partial", "halo", false},
      {"RFC 9110, 15.2.2", "a change of protocol that nobody asked for",
       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nxyz", "protocol", "", false},
  };
}

}  // namespace

TEST_CASE("http framing: an answer ends where RFC 9112 says, or is refused") {
  for (const Row& row : rows()) {
    RawServer server([&](RawConnection& connection) {
      while (!connection.read_request().empty()) {
        connection.send(row.answer);
        if (!row.kept) return;
      }
    });
    HttpHarness http;
    for (int round = 0; round < 2; ++round) {
      HttpRequest request = get_request(server.url());
      request.method = row.method;
      const HttpResult result = http.run(request);
      CAPTURE(row.section, row.what, round, result.error_detail);
      CHECK(error_of(result) == row.error);
      if (row.error == "protocol") CHECK(result.response.status == 0);
      CHECK(result.response.body == row.body);
      CHECK(result.response.headers.find("x-late") == std::nullopt);
      CHECK(result.hops.size() == 1);
      CHECK(result.hops[0].new_connection == (round == 0 || !row.kept));
    }
  }
}

// As above, but the server would keep the connection: the client must not reuse it.
TEST_CASE("http framing: the connection of a refused answer is not used again") {
  for (const Row& row : rows()) {
    if (row.error != "protocol" && row.error != "body_malformed" && row.section != std::string("6.1")) continue;
    if (row.kept || row.answer.find("identity") != std::string::npos) continue;
    RawServer server(keep_alive([&](const std::string&) { return row.answer; }));
    HttpHarness http;
    for (int round = 0; round < 2; ++round) {
      const HttpResult result = http.get(server.url());
      CAPTURE(row.section, row.what, round, result.error_detail);
      CHECK(error_of(result) == row.error);
      CHECK(result.hops[0].new_connection);
    }
  }
}

TEST_CASE("http framing: a folded header is one line, and a carriage return alone is a blank") {
  RawServer server(keep_alive([](const std::string&) {
    return with("X-A: b\r\n  c\r\n\t d \r\nX-E:\r\n f\rg\r\nX-H: i\rj\r\nContent-Length: 4\r\n");
  }));
  HttpHarness http;
  const HttpResult result = http.get(server.url());
  CHECK(result.response.headers.find("x-a") == "b c d");
  CHECK(result.response.headers.find("x-e") == " f g");
  CHECK(result.response.headers.find("x-h") == "i j");
  CHECK(result.response.headers.find("content-length") == "4");
}

TEST_CASE("http framing: a header that is folded without end is too large") {
  for (const int lines : {2'000, 5'000}) {
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b\r\n";
    for (int i = 0; i < lines; ++i) answer += " c\r\n";
    RawServer server(keep_alive([&](const std::string&) { return answer + "\r\n"; }));
    HttpHarness http;
    const HttpResult result = http.get(server.url());
    CHECK(error_of(result) == (lines == 2'000 ? "none" : "headers_too_large"));
    if (lines == 2'000) CHECK(result.response.headers.find("x-a")->size() == 1 + 2 * 2'000);
  }
}

namespace {

// HPACK: a literal that is not indexed, with a new name.
std::string literal(std::string_view name, std::string_view value) {
  std::string block(1, '\0');
  block += static_cast<char>(name.size());
  block.append(name);
  block += static_cast<char>(value.size());
  return block.append(value);
}

const std::string kStatus200(1, static_cast<char>(0x88));  // from the static table

struct Http2Row {
  const char* section;  // of RFC 9113
  const char* what;
  std::string block;
  bool ends;         // END_STREAM with the headers
  std::string body;  // in one DATA frame with END_STREAM, unless `ends`
  std::string error;
};

}  // namespace

TEST_CASE("http framing: an answer over HTTP/2 is well-formed, or is refused") {
  const std::vector<Http2Row> rows{
      {"8.1", "a body", kStatus200, false, "halo", "none"},
      {"8.1", "no body", kStatus200, true, "", "none"},
      {"8.1.1", "the length that was announced", kStatus200 + literal("content-length", "4"), false, "halo", "none"},
      {"8.1.1", "more than was announced", kStatus200 + literal("content-length", "3"), false, "halo", "protocol"},
      {"8.1.1", "less than was announced", kStatus200 + literal("content-length", "5"), false, "halo", "protocol"},
      {"8.1.1", "nothing of what was announced", kStatus200 + literal("content-length", "5"), true, "", "protocol"},
      {"8.1.1", "a length that is none", kStatus200 + literal("content-length", "x"), false, "halo", "protocol"},
      {"8.1.1", "two lengths", kStatus200 + literal("content-length", "4") + literal("content-length", "5"), false,
       "halo", "protocol"},
      {"8.2.1", "a name in capitals", kStatus200 + literal("X-Upper", "1"), false, "halo", "protocol"},
      {"8.2.1", "a blank in a name", kStatus200 + literal("x y", "1"), false, "halo", "protocol"},
      {"8.2.1", "a line break in a value", kStatus200 + literal("x-a", "b\r\nx-c: d"), false, "halo", "protocol"},
      {"8.2.2", "a header of connections", kStatus200 + literal("connection", "close"), false, "halo", "protocol"},
      {"8.2.2", "a transfer coding", kStatus200 + literal("transfer-encoding", "chunked"), false, "halo", "protocol"},
      {"8.3", "a pseudo-header of requests", kStatus200 + literal(":path", "/"), false, "halo", "protocol"},
      {"8.3", "a pseudo-header that is not known", kStatus200 + literal(":x", "1"), false, "halo", "protocol"},
      {"8.3", "a pseudo-header after a header", literal("x-a", "b") + kStatus200, false, "halo", "protocol"},
      {"8.3.2", "no status", literal("x-a", "b"), false, "halo", "protocol"},
      {"8.3.2", "two statuses", kStatus200 + kStatus200, false, "halo", "protocol"},
      {"8.3.2", "a status that is none", literal(":status", "2x0"), false, "halo", "protocol"},
      {"8.6", "101", literal(":status", "101"), false, "halo", "protocol"},
  };
  TemporaryDirectory directory;
  CertificateAuthority authority(directory.path());
  const CertificateAuthority::Leaf leaf = authority.issue("leaf");
  for (const Http2Row& row : rows) {
    RawServer server(http2_play(leaf, [&row](Http2Connection& connection) {
      if (!connection.open(65535)) return;
      while (const std::uint32_t stream = connection.read_request()) {
        const auto flags = static_cast<std::uint8_t>(Http2Connection::end_headers |
                                                     (row.ends ? Http2Connection::end_stream : Http2Connection::none));
        connection.send_frame(Http2Connection::headers, flags, stream, row.block);
        if (!row.ends) connection.send_frame(Http2Connection::data, Http2Connection::end_stream, stream, row.body);
      }
    }));
    HttpClient::Options options;
    options.ca_file = authority.ca_file();
    HttpHarness http(options);
    HttpRequest request = get_request("https://127.0.0.1:" + std::to_string(server.port()) + "/");
    const HttpResult result = http.run(request);
    CAPTURE(row.section, row.what, result.error_detail);
    CHECK(error_of(result) == row.error);
    if (row.error == "none") {
      CHECK(result.response.body == row.body);
      CHECK(result.response.status == 200);
    }
    http.drop_user(0);
  }
}
