// Lines of access logs, good, odd and broken.
#include "engine/load/access_log.hpp"

#include "engine/load/rate_recording.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <filesystem>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

AccessLogLine parsed(std::string_view text) {
  std::string_view problem;
  const auto line = parse_access_line(text, problem);
  if (!line) FAIL(text << ": " << problem);
  return *line;
}

std::string problem_of(std::string_view text) {
  std::string_view problem;
  CHECK_FALSE(parse_access_line(text, problem));
  return std::string(problem);
}

}  // namespace

TEST_CASE("access log: the combined and the common format") {
  const AccessLogLine combined = parsed(
      R"(192.0.2.1 - budi [04/Mar/2021:12:00:00 +0700] "POST /api/sessions?next=1 HTTP/2.0" 401 512 "https://x.test/a b" "Mozilla/5.0 (X; \"Y\") Z" "extra")");
  CHECK(combined.client == "192.0.2.1");
  CHECK(combined.time == 1614834000s);
  CHECK(combined.method == HttpMethod::post);
  CHECK(combined.path == "/api/sessions");
  CHECK(combined.query == "?next=1");
  CHECK(combined.status == 401);
  CHECK(combined.user_agent == R"(Mozilla/5.0 (X; \"Y\") Z)");
  const AccessLogLine common = parsed(R"(2001:db8::1 - - [04/Mar/2021:12:00:00 +0700] "HEAD / HTTP/1.0" 304 -)");
  CHECK(common.client == "2001:db8::1");
  CHECK(common.method == HttpMethod::head);
  CHECK(common.status == 304);
  CHECK(common.user_agent.empty());
  CHECK(parsed(R"(a - - [04/Mar/2021:12:00:00 +0700] "GET http://x.test/p?q#f HTTP/1.1" 200 1)").path == "/p");
  CHECK(parsed(R"(a - - [04/Mar/2021:12:00:00 +0700] "GET http://x.test HTTP/1.1" 200 1)").path == "/");
  CHECK(parsed(R"(a - - [04/Mar/2021:12:00:00 +0700] "GET /old" 200)").path == "/old");
}

TEST_CASE("access log: what is wrong with a line is said") {
  CHECK(problem_of("") == "no client address");
  CHECK(problem_of("hello world") == "no time in brackets");
  CHECK(problem_of("a - - [today] \"GET / HTTP/1.1\" 200 1") == "no time such as [04/Mar/2021:12:00:00 +0700]");
  const std::string start = "a - - [04/Mar/2021:12:00:00 +0700] ";
  CHECK(problem_of(start) == "no request in quotes");
  CHECK(problem_of(start + "\"GET / HTTP/1.1") == "no request in quotes");
  CHECK(problem_of(start + "\"GET / HTTP/1.1\\\" 200 1") == "no request in quotes");
  CHECK(problem_of(start + "\"-\" 408 0") == "no request in it");
  CHECK(problem_of(start + R"("\x16\x03\x01 x" 400 0)") == "a method that is not played");
  CHECK(problem_of(start + "\"OPTIONS * HTTP/1.1\" 200 0") == "a request without a path");
  CHECK(problem_of(start + R"("GET /a\x22b HTTP/1.1" 200 0)") == "a path with characters that do not belong there");
  CHECK(problem_of(start + "\"GET /" + std::string(1024, 'x') + " HTTP/1.1\" 200 0") ==
        "a path of more than 1024 bytes");
  CHECK(problem_of(start + "\"GET / HTTP/1.1\" 20 1") == "no status");
  CHECK(problem_of(start + "\"GET / HTTP/1.1\"") == "no status");
}

TEST_CASE("access log: who asked, whatever stands before") {
  const auto client = [](const std::string& before) {
    const std::string text = before + R"( [04/Mar/2021:12:00:00 +0700] "GET / HTTP/1.1" 200 1)";
    std::string_view problem;
    const auto line = parse_access_line(text, problem);
    return std::string(line ? line->client : problem);
  };
  CHECK(client("192.0.2.1 - -") == "192.0.2.1");
  CHECK(client("192.0.2.1 - Budi Santoso") == "192.0.2.1");
  CHECK(client("192.0.2.1:51234 - -") == "192.0.2.1");  // each connection has its own port
  CHECK(client("[2001:db8::1]:51234 - -") == "2001:db8::1");
  CHECK(client("2001:db8::1 - -") == "2001:db8::1");
  CHECK(client("fe80::1%eth0 - -") == "fe80::1%eth0");
  CHECK(client("client.example - budi") == "client.example");
  // With a virtual host in front.
  CHECK(client("portal.example:80 192.0.2.1 - -") == "192.0.2.1");
  CHECK(client("portal.example 2001:db8::1 - budi") == "2001:db8::1");
  CHECK(client("127.0.1.1:80 192.0.2.1 - -") == "192.0.2.1");
  CHECK(client("2021-03-04T05:00:00.000Z 192.0.2.1 - -") == "192.0.2.1");
  // A word that may be a host or a client counts as neither.
  CHECK(client("192.0.2.1 198.51.100.1 - -") == "two addresses before the time");
  for (const char* before :
       {"portal.example:80 client.example - -", "portal.example - 192.0.2.1", "portal.example - 192.0.2.1 - -",
        "192.0.2.1, 198.51.100.1 - -", "- - -", "a b c", "a", "Mar  4 12:00:00 web nginx: 192.0.2.1 - -",
        "web  | 192.0.2.1 - -", "192.0.2.1\t-\t-", "\"192.0.2.1 - -", "{\"client\": \"192.0.2.1\"} - -"}) {
    INFO(before);
    CHECK(client(before) == "no client address");
  }
}

TEST_CASE("access log: the version is what follows the last blank, and blanks in a path are asked for encoded") {
  const auto asked = [](const std::string& request) {
    const std::string text = "192.0.2.1 - - [04/Mar/2021:12:00:00 +0700] \"" + request + "\" 200 1";
    std::string_view problem;
    const auto line = parse_access_line(text, problem);
    return line ? as_asked(line->path) + std::string(line->query) : std::string(problem);
  };
  CHECK(asked("GET /files/annual report 1.pdf HTTP/1.1") == "/files/annual%20report%201.pdf");
  CHECK(asked("GET /a b?q=1 HTTP/2.0") == "/a%20b?q=1");
  CHECK(asked("GET /search?q=a b HTTP/2.0") == "a query with blanks");
  CHECK(asked("GET /a HTTP/1.1 HTTP/1.1") == "/a%20HTTP/1.1");
  CHECK(asked("GET /a ") == "a path with blanks, and no version of HTTP behind it");
  CHECK(asked("GET /a b") == "a path with blanks, and no version of HTTP behind it");
  CHECK(asked("GET  /a HTTP/1.1") == "a request without a path");
  CHECK(asked("GET  HTTP/1.1") == "a request without a path");
  CHECK(asked("GET /" + std::string(400, ' ') + " HTTP/1.1") == "a path of more than 1024 bytes");
}

TEST_CASE("access log: a page where the agent should stand, and a size where the status should") {
  const std::string start = "192.0.2.1 - - [04/Mar/2021:12:00:00 +0700] \"GET / HTTP/1.1\" ";
  CHECK(problem_of(start + R"(200 12 "Mozilla/5.0" "https://portal.example/")") ==
        "a URL where the user agent is expected");
  CHECK(problem_of(start + R"(743 200 "-" "Mozilla/5.0")") == "no status");
}

TEST_CASE("access log: the fuzz seeds parse or are refused, and nothing else") {
  for (const auto& entry : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/recording")) {
    const std::string text = test::read_file(entry.path().string());
    std::string_view problem;
    const bool parsed = parse_access_line(text, problem).has_value();
    CHECK(parsed == problem.empty());
    RateCsvParser csv;
    if (csv.parse(text, problem)) CHECK(problem.empty());
  }
}
