// Redirects, the questions to the guard, and environment variables that must change nothing.
#include "probes/http/redirect.hpp"

#include "probes/url.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

std::string path_of(const std::string& request) {
  const std::size_t start = request.find(' ') + 1;
  return request.substr(start, request.find(' ', start) - start);
}

std::string redirect(const std::string& to, const std::string& status = "302 Found") {
  return http_answer("", status, "Location: " + to + "\r\n");
}

std::string header_of(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t start = at + name.size() + 4;
  return request.substr(start, request.find("\r\n", start) - start);
}

std::string error_of(const HttpResult& result) { return std::string(name(result.hops.back().error)); }

}  // namespace

TEST_CASE("redirect: each hop is a sample, asks the guard and has its own traceparent") {
  std::vector<std::string> seen;
  RawServer server(keep_alive([&seen](const std::string& request) {
    seen.push_back(request);
    return path_of(request) == "/start?t=1" ? redirect("/end") : http_answer("there");
  }));
  HttpHarness http;
  const HttpResult result = http.get(server.url("/start?t=1"));
  REQUIRE(result.hops.size() == 2);
  CHECK(result.hops[0].status == 302);
  CHECK(result.hops[0].outcome == Outcome::success);
  CHECK(result.hops[1].status == 200);
  CHECK_FALSE(result.hops[1].new_connection);
  CHECK(result.hops[1].started >= result.hops[0].started + result.hops[0].service_time);
  CHECK(result.response.body == "there");
  CHECK(result.response.url == server.url("/end"));
  REQUIRE(http.guard().requests.size() == 2);
  CHECK(http.guard().requests[0] == std::make_pair(std::string("127.0.0.1"), std::string("/start")));
  CHECK(http.guard().requests[1].second == "/end");
  CHECK(http.guard().connections.size() == 1);
  CHECK(header_of(seen.at(0), "traceparent") != header_of(seen.at(1), "traceparent"));
}

TEST_CASE("redirect: a POST becomes a GET after 303 and stays a POST after 307") {
  std::vector<std::string> seen;
  const std::string status = GENERATE("303 See Other", "307 Temporary Redirect");
  RawServer server(keep_alive([&](const std::string& request) {
    seen.push_back(request);
    return path_of(request) == "/a" ? redirect("/b", status) : http_answer("ok");
  }));
  HttpHarness http;
  const HttpResult result = http.post(server.url("/a"), "{\"x\":1}");
  CHECK(result.response.status == 200);
  REQUIRE(seen.size() == 2);
  if (status[2] == '3') {
    CHECK(result.response.method == HttpMethod::get);
    CHECK(seen[1].find("GET /b ") == 0);
    CHECK(header_of(seen[1], "Content-Type").empty());
  } else {
    CHECK(result.response.method == HttpMethod::post);
    CHECK(seen[1].find("POST /b ") == 0);
    CHECK(seen[1].substr(seen[1].size() - 7) == "{\"x\":1}");
  }
}

TEST_CASE("redirect: credentials set by hand stay with their origin") {
  std::string seen;
  RawServer other(keep_alive([&seen](const std::string& request) {
    seen = request;
    return http_answer("ok");
  }));
  RawServer first(keep_alive([&](const std::string&) { return redirect(other.url("/b")); }));
  HttpHarness http;
  HttpRequest request = get_request(first.url("/a"));
  request.headers = {{"Authorization", "Bearer rahasia"}, {"Cookie", "a=b"}, {"X-Own", "1"}};
  CHECK(http.run(request).response.status == 200);
  CHECK(seen.find("rahasia") == std::string::npos);
  CHECK(seen.find("Cookie") == std::string::npos);
  CHECK(header_of(seen, "X-Own") == "1");
}

TEST_CASE("redirect: without end it is redirect_limit, and with a limit of 0 it is the answer") {
  RawServer server(keep_alive([](const std::string&) { return redirect("/again"); }));
  HttpHarness http;
  HttpRequest request = get_request(server.url());
  request.max_redirects = 5;
  const HttpResult result = http.run(request);
  CHECK(error_of(result) == "redirect_limit");
  CHECK(result.hops.size() == 6);
  CHECK(result.hops.back().outcome == Outcome::failure);
  request.max_redirects = 0;
  const HttpResult once = http.run(request);
  CHECK(error_of(once) == "none");
  CHECK(once.response.status == 302);
}

TEST_CASE("redirect: to something that is not HTTP is protocol") {
  RawServer server(keep_alive([](const std::string&) { return redirect("file:///etc/passwd"); }));
  HttpHarness http;
  CHECK(error_of(http.get(server.url())) == "protocol");
}

TEST_CASE("guard: a redirect cannot lead where a request may not go") {
  std::size_t asked = 0;
  RawServer forbidden(keep_alive([&asked](const std::string&) {
    ++asked;
    return http_answer("no");
  }));
  RawServer server(keep_alive([&](const std::string&) { return redirect(forbidden.url("/secret")); }));
  HttpHarness http;
  SECTION("by name and path") {
    http.guard().request_allowed = [](std::string_view, std::string_view path) { return path != "/secret"; };
    const HttpResult result = http.get(server.url("/a"));
    CHECK(error_of(result) == "consent");
    REQUIRE(result.hops.size() == 2);
    CHECK(result.hops[0].error == ErrorClass::none);
    CHECK(result.error_detail == "the test forbids the request");
  }
  SECTION("by address") {
    http.guard().connect_allowed = [&](std::string_view, const RemoteAddress& address) {
      return address.port != forbidden.port();
    };
    const HttpResult result = http.get(server.url("/a"));
    CHECK(error_of(result) == "consent");
    CHECK(result.error_detail == "the test forbids the address");
  }
  CHECK(asked == 0);
  CHECK(forbidden.accepted() == 0);
}

TEST_CASE("guard: a Host header is asked about, too") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpHarness http;
  http.guard().request_allowed = [](std::string_view host, std::string_view) {
    return host != "dashboard.prakerja.go.id";
  };
  HttpRequest request = get_request(server.url());
  request.headers.push_back({"Host", "Dashboard.Prakerja.GO.ID"});
  CHECK(error_of(http.run(request)) == "consent");
  CHECK(server.accepted() == 0);
}

TEST_CASE("guard: a request waits until its origin is prepared") {
  RawServer server(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpHarness http;
  http.guard().unprepared = [](std::string_view) { return true; };
  std::optional<HttpResult> result;
  const auto done = [&result](HttpResult ended) { result = std::move(ended); };
  const TransferId id = http.client().start(http.user(), get_request(server.url()), done);
  CHECK_FALSE(http.run_until([&result] { return result.has_value(); }, 50ms));
  REQUIRE(http.guard().waiting.size() == 1);
  SECTION("and goes on then") {
    http.guard().waiting[0]();
    REQUIRE(http.run_until([&result] { return result.has_value(); }));
    CHECK(result->response.status == 200);
    CHECK(to_seconds(result->hops[0].service_time) < 0.05);
  }
  SECTION("and may be cancelled meanwhile") {
    http.client().cancel(id, Outcome::interrupted);
    http.guard().waiting[0]();
    REQUIRE(http.run_until([&result] { return result.has_value(); }));
    CHECK(result->hops.at(0).outcome == Outcome::interrupted);
    CHECK(server.accepted() == 0);
  }
}

TEST_CASE("http: the environment's proxies are ignored") {
  RawServer proxy([](RawConnection& connection) { connection.wait_for_close(); });
  RawServer server(keep_alive([](const std::string&) { return http_answer("direct"); }));
  const std::string address = "http://127.0.0.1:" + std::to_string(proxy.port());
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) setenv(name, address.c_str(), 1);
  HttpHarness http;
  CHECK(http.get(server.url()).response.body == "direct");
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) unsetenv(name);
  CHECK(proxy.accepted() == 0);
}

TEST_CASE("http: names that are pinned need no look-up") {
  RawServer server(keep_alive([](const std::string& request) { return http_answer(header_of(request, "Host")); }));
  HttpClient::Options options;
  const std::string port = std::to_string(server.port());
  options.resolve = {"portal.test:" + port + ":127.0.0.1"};
  HttpHarness http(options);
  for (std::size_t user = 0; user < 3; ++user) {
    const HttpResult result = http.get("http://portal.test:" + port + "/", user);
    CHECK(result.response.body == "portal.test:" + port);
    CHECK((result.hops[0].phases[0] == RequestSample::kNotReached));
  }
}

// RFC 6265, 5.4: a request has at most one Cookie header.
TEST_CASE("http: cookies of the jar and of the script share one line") {
  RawServer server(keep_alive(
      [](const std::string& request) { return http_answer(request, "200 OK", "Set-Cookie: sesi=abc; Path=/\r\n"); }));
  HttpHarness http;
  const auto cookies_of = [&](std::vector<HttpHeader> headers) {
    HttpRequest request = get_request(server.url());
    request.headers = std::move(headers);
    const std::string seen = http.run(request).response.body;
    const std::size_t first = seen.find("ookie:");
    CHECK((first == std::string::npos || seen.find("ookie:", first + 1) == std::string::npos));
    return header_of(seen, "Cookie");
  };
  CHECK(cookies_of({{"Cookie", "a=1"}}) == "a=1");
  CHECK(cookies_of({{"cookie", "a=1"}, {"COOKIE", "b=2"}}) == "sesi=abc; a=1; b=2");
  CHECK(cookies_of({{"Cookie", ""}}) == "sesi=abc");
  CHECK(cookies_of({}) == "sesi=abc");  // without the cookies of the request before
}

TEST_CASE("http: cookies are kept, read and set per user") {
  RawServer server(keep_alive([](const std::string& request) {
    return http_answer(header_of(request, "Cookie"), "200 OK", "Set-Cookie: sesi=abc; Path=/\r\n");
  }));
  HttpHarness http;
  CHECK(http.get(server.url(), 0).response.body.empty());
  CHECK(http.get(server.url(), 0).response.body == "sesi=abc");
  CHECK(http.user(0).cookie(server.url(), "sesi") == "abc");
  CHECK(http.user(1).cookie(server.url(), "sesi").empty());
  http.user(1).set_cookie(server.url(), "sendiri", "1");
  CHECK(http.get(server.url(), 1).response.body == "sendiri=1");
  http.user(0).reset();
  CHECK(http.user(0).cookie(server.url(), "sesi").empty());
  CHECK(http.get(server.url(), 0).response.body.empty());
}

TEST_CASE("http: headers that cannot be sent are the script's fault") {
  HttpHarness http;
  for (const HttpHeader& bad : std::vector<HttpHeader>{
           {":authority", "x.go.id"}, {"X-A", "a\r\nHost: b"}, {"Content-Length", "5"}, {"", "x"}}) {
    HttpRequest request = get_request("http://127.0.0.1:1/");
    request.headers.push_back(bad);
    CHECK(error_of(http.run(request)) == "generator_script");
  }
}

TEST_CASE("redirect: the seeds of the fuzz target lead to one place, or nowhere") {
  std::size_t places = 0;
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/http_answer")) {
    INFO(file.path());
    const std::string text = read_file(file.path().string());
    const std::size_t end = text.find('\n');
    const auto from = parse_http_url(text.substr(0, end), Userinfo::strip);
    if (from.has_error()) continue;
    const auto target =
        redirect_target(*from, 302, {{"Location", text.substr(end + 1, text.find('\n', end + 1) - end - 1)}});
    REQUIRE(target);
    if (target->has_error()) continue;
    CHECK(parse_http_url((*target)->full)->full == (*target)->full);  // userinfo would be refused here
    ++places;
  }
  CHECK(places >= 2);
}
