// The details of single requests of a virtual user that the history keeps.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;

namespace {

std::string scenario(const std::string& back_end, const std::string& body) {
  return "local one, two = step 'one', step 'two'\nreturn scenario { " + back_end +
         " journeys = { j = { run = function(person)\n" + body + "\nend } } }\n";
}

std::string path_of(const std::string& request) {
  const std::size_t at = request.find(' ') + 1;
  return request.substr(at, request.find(' ', at) - at);
}

// "value count failures" of each value, in the order of first occurrence.
std::vector<std::string> values(const SampledDetails& details, Dimension dimension) {
  std::vector<std::string> all;
  for (const Dimensions::Value& value : details.dimensions.values(dimension)) {
    all.push_back(value.name + " " + std::to_string(value.cell.count) + " " + std::to_string(value.cell.failures));
  }
  return all;
}

}  // namespace

TEST_CASE("user details: a header names the back end of each answer, and what it says is made harmless") {
  UserStage stage(
      scenario("backend = { header = 'X-Backend' },",
               "one:try(function() for _, p in ipairs { '/a', '/b', '/none', '/bad' } do http.get(p) end end)"),
      [](const std::string& request) {
        const std::string path = path_of(request);
        if (path == "/none") return http_answer("x");
        if (path == "/bad") return http_answer("x", "503 Busy", "x-backend: <web> 3\r\n");
        return http_answer("x", "200 OK", "x-BACKEND: web-" + path.substr(1) + "\r\n");
      });
  stage.play(0);
  CHECK(values(stage.details(), Dimension::back_end) ==
        std::vector<std::string>{"web-a 1 0", "web-b 1 0", "_web__3 1 1"});
}

TEST_CASE("user details: a cookie names the back end until another one does, or the iteration ends") {
  UserStage stage(
      scenario("backend = { cookie = 'SERVERID' },",
               "one(function() for _, p in ipairs { '/first', '/a', '/b', '/second' } do http.get(p) end end)"),
      [](const std::string& request) {
        const std::string path = path_of(request);
        if (path == "/a") return http_answer("x", "200 OK", "Set-Cookie: SERVERID=web1; Path=/\r\n");
        if (path == "/second") return http_answer("x", "200 OK", "set-cookie: SERVERID=web2\r\n");
        return http_answer("x", "200 OK", "set-cookie: SID=SERVERID\r\n");
      });
  stage.play(0);
  stage.play(1);
  CHECK(values(stage.details(), Dimension::back_end) == std::vector<std::string>{"web1 4 0", "web2 2 0"});
}

TEST_CASE("user details: a failure leaves evidence without the person, the run's secrets and the target's cookies") {
  UserStage stage(
      scenario("", "one:try(function() http.post('/x?q=' .. person.email, { form = { p = person.password } }) end)"),
      [](const std::string& request) {
        return http_answer(request + " k3y-of-the-run sid-of-a-session", "500 Oops",
                           "set-cookie: sid=sid-of-a-session\r\nserver: nginx\r\n");
      });
  stage.play(0, 0, {{"email", "uji.1@peserta.test"}, {"password", "rahasia-1"}});
  const SampledDetails details = stage.details();
  REQUIRE(details.evidence.size() == 1);
  const Evidence& evidence = details.evidence[0];
  CHECK(evidence.method == "POST");
  CHECK(evidence.url.find("/x") == evidence.url.size() - 2);
  CHECK(evidence.sample.status == 500);
  CHECK(evidence.sample.error == ErrorClass::http_500);
  CHECK(evidence.headers.find("server: nginx\n") != std::string::npos);
  const std::string all = evidence.url + evidence.headers + evidence.body + evidence.detail;
  for (const char* secret : {"rahasia", "uji.1", "k3y", "sid-of"}) {
    INFO(all);
    CHECK(all.find(secret) == std::string::npos);
  }
  CHECK(details.attempts.size() == 1);
  CHECK(values(details, Dimension::attempt) == std::vector<std::string>{"1 1 1"});
}

TEST_CASE("user details: evidence names the hop that failed, with its own method, address and status") {
  UserStage stage(scenario("",
                           "one:try(function() http.post('/send', { body = 'x' }) end)\n"
                           "one:try(function() http.post('/send', { body = 'x', redirects = 1 }) end)\n"
                           "two:try(function() http.put('/put', { body = 'x' }) end)\n"
                           "two:try(function() http.post('/away', { body = 'x' }) end)"),
                  [](const std::string& request) {
                    const std::string path = path_of(request);
                    const auto to = [](const std::string& where) { return "Location: " + where + "\r\n"; };
                    if (path == "/send") return http_answer("", "302 Found", to("/over"));
                    if (path == "/over") return http_answer("", "303 See Other", to("/bad?token=1"));
                    if (path == "/put") return http_answer("", "307 Temporary Redirect", to("/bad"));
                    if (path == "/away") return http_answer("", "302 Found", to("http://127.0.0.2:1/elsewhere"));
                    return http_answer("no", "502 Bad Gateway");
                  });
  stage.guard().request_allowed = [](std::string_view host, std::string_view) { return host != "127.0.0.2"; };
  stage.play(0);
  std::vector<std::string> shown;
  for (const Evidence& one : stage.details().evidence) {
    const std::string path = one.url.substr(one.url.find('/', std::string("http://").size()));
    shown.push_back(one.method + " " + path + " " + std::to_string(one.sample.status) + " " +
                    std::string(name(one.sample.error)));
  }
  CHECK(shown == std::vector<std::string>{"GET /bad 502 http_502", "GET /over 303 redirect_limit",
                                          "PUT /bad 502 http_502", "GET /elsewhere 0 consent"});
}

TEST_CASE("user details: a token that changes with each answer does not push the session out of what is hidden") {
  int answers = 0;
  UserStage stage(scenario("", "one(function() for i = 1, 200 do http.get '/x' end http.get '/last' end)"),
                  [&answers](const std::string& request) {
                    if (path_of(request) == "/last") return http_answer("for s3ssion-of-a-person", "500 Oops");
                    const std::string session = answers++ == 0 ? "set-cookie: sid=s3ssion-of-a-person\r\n" : "";
                    return http_answer("x", "200 OK",
                                       session + "set-cookie: XSRF=token-" + std::to_string(answers) + "\r\n");
                  });
  stage.play(0);
  const SampledDetails details = stage.details();
  REQUIRE(details.evidence.size() == 1);
  CHECK(details.evidence[0].body == "for [redacted]");
}

TEST_CASE("user details: requests and iterations are counted for the network of their person") {
  UserStage stage(scenario("networks = { network { name = 'lan', upload = '10Gbit/s', download = '10Gbit/s' } },",
                           "one(function() http.get('/a'); http.get('/b') end)"),
                  [](const std::string& request) {
                    return path_of(request) == "/a" ? http_answer("x") : http_answer("x", "503 Busy");
                  });
  stage.play(0);
  REQUIRE(stage.recorded().networks.size() == 1);
  const NetworkSnapshot& network = stage.recorded().networks[0];
  CHECK(network.requests.total() == 2);
  CHECK(network.requests.failed() == 1);
  CHECK(network.service_time.count() == 1);
  CHECK(network.ended[static_cast<std::size_t>(Outcome::failure)] == 1);
  CHECK(network.bytes_received > 0);
  CHECK(values(stage.details(), Dimension::network) == std::vector<std::string>{"lan 2 1"});
}
