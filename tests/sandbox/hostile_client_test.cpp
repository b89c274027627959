#include "tests/sandbox/sandbox_process.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

const std::string kMultipart = "Content-Type: multipart/form-data; boundary=b\r\n";

std::string post(const std::string& path, const std::string& headers, const std::string& body = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}

std::string session_header(SandboxProcess& sandbox) {
  HttpClient client(sandbox.url());
  log_in(client, synthetic_person(1, 0));
  return "Cookie: sesi=" + client.cookies().at("sesi") + "\r\n";
}

void require_alive(SandboxProcess& sandbox) {
  HttpClient client(sandbox.url());
  REQUIRE(client.get("/masuk").status == 200);
}

}  // namespace

TEST_CASE("hostile client: nonsense, a huge header and a bad chunk are refused, and the portal lives on") {
  SandboxProcess sandbox;
  const auto first_line = [&](const std::string& text) {
    RawSocket socket(sandbox.url());
    socket.send(text);
    const std::string answer = socket.read_all();
    return answer.substr(0, answer.find("\r\n"));
  };
  REQUIRE(first_line("\x16\x03\x01 garbage\r\n\r\n").starts_with("HTTP/1.1 400"));
  REQUIRE(first_line("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
  REQUIRE(first_line(post("/api/sessions", "Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n"))
              .starts_with("HTTP/1.1 400"));
  REQUIRE(first_line(post("/api/sessions", "Content-Length: 99999999999\r\n")).starts_with("HTTP/1.1 413"));
  REQUIRE(first_line(post("/api/sessions", "Content-Length: -1\r\n")).starts_with("HTTP/1.1 400"));
  REQUIRE(first_line("PURGE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 405"));
  require_alive(sandbox);
}

TEST_CASE("hostile client: an endless chunked body is cut at the limit") {
  SandboxProcess sandbox;
  RawSocket socket(sandbox.url());
  socket.send(post("/api/sessions", "Transfer-Encoding: chunked\r\n"));
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  int sent = 0;
  // The portal stops at 64 KB and discards some more data before it closes. The kernel's buffers take some data too.
  while (sent < 10'000 && socket.send(chunk)) ++sent;
  REQUIRE(sent < 10'000);
  REQUIRE(number_at(sandbox.counts(), "/requests/POST ~1api~1sessions/413") == 1);
}

TEST_CASE("hostile client: a photo that is too large is refused before it is sent, and the answer arrives") {
  SandboxProcess sandbox({"--accounts", "1"});
  RawSocket socket(sandbox.url());
  socket.send(post("/api/id-card", session_header(sandbox) + kMultipart + "Content-Length: 50000000\r\n"));
  REQUIRE(socket.read_until("HTTP/1.1 413"));
  REQUIRE(socket.read_until("\"rule\":\"size\""));
  // If the client goes on sending, no reset destroys the response.
  REQUIRE(socket.send(std::string(1'000'000, 'x')));
}

TEST_CASE("hostile client: an upload without a session is refused before its body") {
  SandboxProcess sandbox;
  RawSocket socket(sandbox.url());
  socket.send(post("/api/id-card", kMultipart + "Content-Length: 1000000\r\n"));
  REQUIRE(socket.read_until("HTTP/1.1 401"));
}

TEST_CASE("hostile client: uploads that break off leave nothing behind") {
  SandboxProcess sandbox({"--accounts", "1"});
  const std::string session = session_header(sandbox);
  for (int i = 0; i < 20; ++i) {
    RawSocket socket(sandbox.url());
    socket.send(post("/api/id-card", session + kMultipart + "Content-Length: 1500000\r\n",
                     "--b\r\nContent-Disposition: form-data; name=\"photo\"\r\n\r\n" + std::string(500'000, 'x')));
  }
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (number_at(sandbox.call("GET", "/_sandbox/state"), "/upload_bytes_in_memory") != 0) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  }
  const auto counts = sandbox.counts();
  REQUIRE(number_at(counts, "/photo_uploads") == 0);
  REQUIRE(number_at(sandbox.call("GET", "/_sandbox/state"), "/photo_bytes_on_disk") == 0);
}

TEST_CASE("client: 100-continue is answered, so that curl does not wait for its second") {
  SandboxProcess sandbox({"--accounts", "1"});
  const std::string body = credentials_json(synthetic_person(1, 0));
  RawSocket socket(sandbox.url());
  socket.send(post("/api/sessions", "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " +
                                        std::to_string(body.size()) + "\r\n"));
  REQUIRE(socket.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  socket.send(body);
  REQUIRE(socket.read_until("HTTP/1.1 200"));
}

TEST_CASE("client: pipelined requests are answered in their order") {
  SandboxProcess sandbox;
  RawSocket socket(sandbox.url());
  socket.send(
      "GET /masuk HTTP/1.1\r\nHost: x\r\n\r\nHEAD /daftar HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /api/waves/current HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answers = socket.read_all();
  REQUIRE(answers.find("<title>Masuk") < answers.find("NO_OPEN_WAVE"));
  REQUIRE(answers.find("<title>Daftar") == std::string::npos);
  REQUIRE(socket.closed_by_peer());
}

TEST_CASE("client: a body cut into single bytes is read as one") {
  SandboxProcess sandbox({"--accounts", "1"});
  RawSocket socket(sandbox.url());
  const std::string body = credentials_json(synthetic_person(1, 0));
  const std::string text = post(
      "/api/sessions",
      "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n",
      body);
  for (const char c : text) REQUIRE(socket.send({&c, 1}));
  REQUIRE(socket.read_all().starts_with("HTTP/1.1 200"));
}

TEST_CASE("portal: a crowd that waits for hashes is answered or told to come back, and pages stay quick", "[alone]") {
  SandboxProcess sandbox({"--accounts", "1", "--hash-cost", "high"});
  const std::string body = credentials_json(synthetic_person(1, 0));
  const std::string request = post("/api/sessions",
                                   "Content-Type: application/json\r\nConnection: close\r\n"
                                   "Content-Length: " +
                                       std::to_string(body.size()) + "\r\n",
                                   body);
  // So slow that the queue is not empty while the test looks.
  sandbox.call("POST", "/_sandbox/faults", R"({"hash.passes":64})");
  std::vector<std::unique_ptr<RawSocket>> crowd;
  for (int i = 0; i < 400; ++i) {
    crowd.push_back(std::make_unique<RawSocket>(sandbox.url()));
    crowd.back()->send(request);
  }
  sandbox.wait_for_counts([](const auto& now) { return number_at(now, "/requests/POST ~1api~1sessions/503") > 0; });
  HttpClient client(sandbox.url());
  REQUIRE(client.get("/masuk").status == 200);
  REQUIRE(number_at(sandbox.call("GET", "/_sandbox/state"), "/workers/queued") > 0);
  // So that waiting logins do not each take the high cost.
  sandbox.call("POST", "/_sandbox/faults", R"({"hash.passes":1,"hash.memory_kib":8})");
  for (auto& socket : crowd) REQUIRE(socket->read_until("HTTP/1.1 ", 60s));
}
