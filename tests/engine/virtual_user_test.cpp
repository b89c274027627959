// A virtual user with a real server: what the user sends, and what is recorded.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

#include <atomic>

using namespace gelombang;
using namespace gelombang::test;

namespace {

// "/fail" gets a 500, every other path a 200.
std::string failing(const std::string& request) {
  return request.find(" /fail") == std::string::npos ? http_answer("halo")
                                                     : http_answer("no", "500 Internal Server Error");
}

std::string header_of(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string body_of(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("user: a journey that succeeds is recorded step by step") {
  UserStage stage(with_steps("one(function() http.get '/a' end)\n"
                             "two(function() http.get '/b'; http.get '/c' end)\n"),
                  ok);
  stage.play(0);
  const Snapshot& all = stage.recorded();
  CHECK(all.journeys[0][Outcome::success] == 1);
  CHECK(all.script_errors.count == 0);
  CHECK(count_of(stage.step("one"), CountedResult::success) == 1);
  CHECK(count_of(stage.step("two"), CountedResult::success) == 1);
  CHECK(stage.step("three").steps.total() == 0);
  CHECK(stage.step("one").requests[CountedResult::success] == 1);
  CHECK(stage.step("two").requests[CountedResult::success] == 2);
  CHECK(stage.step("two").response_time.observed.count() == 1);
  CHECK(stage.step("two").phases[static_cast<std::size_t>(Phase::wait)].count() == 2);
  CHECK(stage.requests().size() == 3);
}

TEST_CASE("user: what a script asks for is what is sent") {
  UserStage stage(with_steps(R"lua(one(function()
    http.get("/search", { query = { q = "a b&c", n = 5 }, headers = { ["X-Wave"] = "67" } })
    http.post("/api", { json = { name = "Uji" } })
    http.put("/form", { form = { name = "Uji Beban", tick = true } })
    http.patch("/raw", { body = "raw bytes", content_type = "text/plain" })
    http.post("/upload", { multipart = { { name = "kind", value = "ktp" }, { name = "photo", file = "JPEG", filename = "a.jpg", type = "image/jpeg" } } })
    http.delete("/session")
  end))lua"),
                  ok);
  stage.play(0);
  const auto sent = stage.requests();
  REQUIRE(sent.size() == 6);
  CHECK(sent[0].find("GET /search?n=5&q=a%20b%26c HTTP/1.1\r\n") == 0);
  CHECK(header_of(sent[0], "X-Wave") == "67");
  CHECK(sent[1].find("POST /api ") == 0);
  CHECK(header_of(sent[1], "Content-Type") == "application/json");
  CHECK(body_of(sent[1]) == "{\"name\":\"Uji\"}");
  CHECK(sent[2].find("PUT /form ") == 0);
  CHECK(header_of(sent[2], "Content-Type") == "application/x-www-form-urlencoded");
  CHECK(body_of(sent[2]) == "name=Uji%20Beban&tick=true");
  CHECK(sent[3].find("PATCH /raw ") == 0);
  CHECK(header_of(sent[3], "Content-Type") == "text/plain");
  CHECK(body_of(sent[3]) == "raw bytes");
  CHECK(header_of(sent[4], "Content-Type").find("multipart/form-data; boundary=") == 0);
  CHECK(body_of(sent[4]).find("name=\"photo\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nJPEG\r\n") !=
        std::string::npos);
  CHECK(sent[5].find("DELETE /session ") == 0);
}

TEST_CASE("user: the answer reaches the script") {
  UserStage stage(with_steps(R"lua(one(function()
    local answer = http.get("/a", { expect = { 201 } })
    assert(answer.status == 201 and answer.body == '{"state":"OPEN","n":[1,2]}')
    assert(answer:header "x-wave" == "67" and answer:header "X-WAVE" == "67" and answer:header "none" == nil)
    assert(answer:json().state == "OPEN" and #answer:json().n == 2)
    assert(answer.url:find "/a$")
    assert(capture(answer.body, '"state":"(%u+)"') == "OPEN")
    assert(check("it is open", 5) == 5)
  end))lua"),
                  [](const std::string&) {
                    return http_answer("{\"state\":\"OPEN\",\"n\":[1,2]}", "201 Created", "X-Wave: 67\r\n");
                  });
  stage.play(0);
  const Snapshot& all = stage.recorded();
  INFO((all.script_errors.first ? all.script_errors.first->text : ""));
  CHECK(all.journeys[0][Outcome::success] == 1);
}

TEST_CASE("user: capture finds what string.match finds, however its pattern begins") {
  UserStage stage(with_steps(R"lua(one(function()
    http.get "/a"
    local page = 'ab abb token="" x<b>token="17" value="a-b"</b> colour'
    for _, pattern in ipairs { 'token="(%d+)"', 'ab+ (t)', 'ab*( )', 'abb?(%a)', '(value)', 'colou?(r)', '^(ab) ', 'x-(<b>)',
      'b>()token', '(.)$', '[tx]ok(en)', 'token="17" value="([^"]+)"', 'b-( t)' } do
      for _ = 1, 2 do
        local expected = string.match(page, pattern)
        assert(expected, pattern)
        assert(capture(page, pattern) == expected, pattern)
      end
    end
    for i = 1, 600 do assert(capture("n" .. i .. "=" .. i .. ";", "n" .. i .. "=(%d+);") == tostring(i)) end
  end))lua"),
                  [](const std::string&) { return http_answer("ok"); });
  stage.play(0);
  INFO((stage.recorded().script_errors.first ? stage.recorded().script_errors.first->text : ""));
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
}

TEST_CASE("user: cookies belong to one user and one iteration") {
  std::atomic<int> sessions{0};
  UserStage stage(with_steps(R"lua(
    one(function()
      http.get "/first"
      local session = http.cookie "session"
      assert(session and session:find "^s%d+$")
      local answer = http.get "/second"
      check("the same session", answer.body == "session=" .. session)
      assert(http.cookie "other" == nil)
    end)
    think(0.05, 0.05)
    two(function() http.get "/third" end))lua"),
                  [&sessions](const std::string& request) {
                    const std::string cookie = header_of(request, "Cookie");
                    if (cookie.empty()) {
                      return http_answer("", "200 OK",
                                         "Set-Cookie: session=s" + std::to_string(++sessions) + "; Path=/\r\n");
                    }
                    return http_answer(cookie);
                  });
  for (std::size_t user = 0; user < 5; ++user) stage.begin(stage.iteration(user), user);  // all at the same time
  stage.wait_for_end();
  CHECK(sessions == 5);
  CHECK(stage.connections() == 5);
  stage.play(5, 0);  // user 0 plays a new person, who has no cookies
  CHECK(sessions == 6);
  CHECK(stage.connections() == 6);
  INFO((stage.recorded().script_errors.first ? stage.recorded().script_errors.first->text : ""));
  CHECK(stage.recorded().journeys[0][Outcome::success] == 6);
  CHECK(stage.recorded().script_errors.count == 0);
}

TEST_CASE("user: a failed step ends the iteration") {
  const auto [request, error] = GENERATE(table<std::string, ErrorClass>({
      {"http.get '/fail'", ErrorClass::http_500},
      {"http.get('/ok', { expect = { 404 } })", ErrorClass::http_unexpected},
      {"check('the page says so', http.get('/ok').body == 'no')", ErrorClass::assert_body},
      {"check('logged in', false, 'assert_redirect_login')", ErrorClass::assert_redirect_login},
      {"capture(http.get('/ok').body, 'token=(%d+)')", ErrorClass::assert_body},
      {"local j = http.get('/ok'):json()", ErrorClass::assert_body},
  }));
  INFO(request);
  UserStage stage(with_steps("one(function() http.get '/a' end)\n"
                             "two(function() " +
                             request +
                             " end)\n"
                             "three(function() http.get '/c' end)\n"),
                  failing);
  stage.play(0);
  CHECK(stage.recorded().journeys[0][Outcome::failure] == 1);
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(count_of(stage.step("one"), CountedResult::success) == 1);
  CHECK(count_of(stage.step("two"), CountedResult::failure) == 1);
  CHECK(stage.step("two").steps[error] == 1);
  CHECK(stage.step("two").response_time.observed.count() == 0);
  // A step that sent no request to the target has no durations.
  CHECK(stage.step("two").response_time_failed.count() == (request.find("http") == std::string::npos ? 0 : 1));
  CHECK(stage.step("three").steps.total() == 0);
}

TEST_CASE("user: it says how its iteration ended, and it can play the next one") {
  const auto [body, fate, error] = GENERATE(table<std::string, PersonFate, ErrorClass>({
      {"one(function() http.get '/a' end)", PersonFate::succeeded, ErrorClass::none},
      {"leave()", PersonFate::left, ErrorClass::none},
      {"one(function() http.get '/fail' end)", PersonFate::lost, ErrorClass::http_500},
      {"one(function() error 'mine' end)", PersonFate::own_fault, ErrorClass::none},
  }));
  UserStage stage(with_steps(body), failing);
  for (std::uint64_t index = 0; index < 2; ++index) {
    stage.play(index);
    REQUIRE(stage.ended());
    CHECK(stage.ended()->fate == fate);
    if (fate == PersonFate::lost) CHECK(stage.ended()->error == error);
  }
}

TEST_CASE("user: an iteration that is cut off says so") {
  UserStage stage(with_steps("one(function() http.get '/a'; sleep(600) end)"), ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&stage] { return stage.activity() == Activity::pausing; });
  CHECK_FALSE(stage.ended());
  stage.interrupt(0);
  stage.wait_for_end();
  REQUIRE(stage.ended());
  CHECK(stage.ended()->fate == PersonFate::interrupted);
  CHECK(stage.ended()->step == StepId{0});
  CHECK(stage.ended()->at_step);
}

TEST_CASE("user: a step that was tried may fail") {
  UserStage stage(with_steps("local went_well, class = one:try(function() http.get '/fail' end)\n"
                             "assert(went_well == false and class == 'http_500')\n"
                             "local fine, value, more = two:try(function() http.get '/ok' return 5, 'x' end)\n"
                             "assert(fine == true and value == 5 and more == 'x')\n"
                             "assert(three(function() http.get '/ok' return 'y' end) == 'y')\n"),
                  failing);
  stage.play(0);
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(count_of(stage.step("one"), CountedResult::failure) == 1);
  CHECK(stage.step("one").steps[ErrorClass::http_500] == 1);
  CHECK(count_of(stage.step("two"), CountedResult::success) == 1);
  CHECK(count_of(stage.step("three"), CountedResult::success) == 1);
}

TEST_CASE("user: a target that refuses is a failure of the target") {
  UserStage stage(with_steps("one(function() http.get 'http://127.0.0.1:1/' end)"), ok);
  stage.play(0);
  CHECK(stage.step("one").steps[ErrorClass::tcp_refused] == 1);
  CHECK(stage.recorded().journeys[0][Outcome::failure] == 1);
}

TEST_CASE("user: what a guard forbids is not sent") {
  UserStage stage(
      "local one = step 'one'\n"
      "return scenario { guards = { guard.body { pattern = '16 digits', only = '00..........0000' } },\n"
      "journeys = { visit = { run = function(person)\n"
      "  one(function()\n"
      "    http.post('/a', { json = { nik = '0000000101900000' } })\n"
      "    http.post('/b', { " +
          GENERATE(as<std::string>(), "json = { nik = '3201011234567890' }", "form = { nik = '3201 0112 3456 7890' }",
                   "query = { nik = '3201-0112-3456-7890' }", "headers = { ['X-Nik'] = '3201011234567890' }",
                   "multipart = { { name = 'nik', value = '3201011234567890' } }") +
          " })\n"
          "  end)\n"
          "end } } }",
      ok);
  stage.play(0);
  CHECK(stage.requests().size() == 1);
  CHECK(stage.step("one").steps[ErrorClass::generator_identity] == 1);
  CHECK(count_of(stage.step("one"), CountedResult::own_fault) == 1);
  CHECK(stage.recorded().script_errors.count == 1);
}

TEST_CASE("user: what is random is a function of the seed and the iteration, whoever plays it") {
  const std::string text =
      with_steps("one(function() http.get('/' .. random(1000000) .. '/' .. random(5, 6) .. '/' .. random()) end)");
  UserStage stage(text, ok);
  stage.play(7, 0);
  stage.play(8, 0);
  stage.play(7, 3);
  const auto line = [&](std::size_t i) { return stage.requests()[i].substr(0, stage.requests()[i].find("\r\n")); };
  CHECK(line(0) == line(2));
  CHECK(line(0) != line(1));
  UserStage other(text, ok);
  other.play(8, 0);
  CHECK(other.requests()[0].substr(0, other.requests()[0].find("\r\n")) == line(1));
}

TEST_CASE("user: conformance rows are kept without personal data") {
  UserStage stage(with_steps("conformance('size', { expected = 413, got = 413 })\n"
                             "conformance('type', { expected = 'refused', got = 'accepted for ' .. person.email })\n"
                             "one(function() http.get '/a' end)"),
                  ok);
  stage.play(stage.iteration(0), 0, {{"email", "uji@peserta.test"}});
  const ConformanceTable& table = stage.recorded().conformance;
  REQUIRE(table.rows.size() == 2);
  CHECK(table.reported == 2);
  CHECK(table.violated == 1);
  CHECK(table.rows[0].holds);
  CHECK(table.rows[1].got == "accepted for [redacted]");
  CHECK_FALSE(table.rows[1].holds);
}
