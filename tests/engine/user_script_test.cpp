// What a script does wrong, and how it is said.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace gelombang::test;

TEST_CASE("user: a script error is recorded with its traceback, and without secrets") {
  UserStage stage(
      with_steps(R"lua(one(function() http.get "/a" end)
    local function deep()
      error("for " .. person.email .. " " .. person.password .. " " .. secret "key")
    end
    two(function()
      http.get "/a"
      local cookie = http.cookie "session"
      local ok, problem = pcall(deep)
      error(problem .. " and " .. cookie .. " nik " .. person.nik)
    end))lua"),
      [](const std::string&) { return http_answer("", "200 OK", "Set-Cookie: session=c00kie-of-this-user\r\n"); });
  const Fields person{
      {"email", "uji.beban.1@peserta.test"}, {"password", "rahasia-sekali"}, {"nik", "0000000101900000"}};
  stage.play(stage.iteration(0), 0, person);
  const Snapshot& all = stage.recorded();
  CHECK(all.script_errors.count == 1);
  REQUIRE(all.script_errors.first);
  const std::string& text = all.script_errors.first->text;
  INFO(text);
  CHECK(text.find("scenario.lua:") != std::string::npos);
  CHECK(text.find("stack traceback:") != std::string::npos);
  CHECK(text.find("api:") == std::string::npos);
  CHECK(text.find("[redacted]") != std::string::npos);
  for (const char* canary :
       {"uji.beban.1", "peserta.test", "rahasia-sekali", "0000000101900000", "c00kie-of-this-user", "k3y-of-the-run"}) {
    CHECK(text.find(canary) == std::string::npos);
  }
  CHECK(all.journeys[0][Outcome::failure] == 1);
  CHECK(stage.step("two").steps[ErrorClass::generator_script] == 1);
  CHECK(count_of(stage.step("two"), CountedResult::own_fault) == 1);
  // And the user goes on.
  stage.play(stage.iteration(1), 0, person);
  CHECK(stage.recorded().script_errors.count == 2);
  CHECK(count_of(stage.step("one"), CountedResult::success) == 2);
}

TEST_CASE("user: a script's faults are said at their line") {
  struct Fault {
    std::string body;
    std::string message;
  };
  const auto [body, message] = GENERATE(values<Fault>({
      {"local x = nil\nx.y = 1", ":4: attempt to index local 'x' (a nil value)"},
      {"_G.undefined_thing()", ":3: 'undefined_thing' is not defined"},
      {"total = 1", ":3: global 'total' is assigned inside a journey: all users would share it; write local total"},
      {"http.get '/a'", ":3: http.get belongs inside a step: my_step(function() ... end)"},
      {"check('x', true)", ":3: check belongs inside a step: my_step(function() ... end)"},
      {"one(function() two(function() end) end)", ":3: a step inside the step 'one': steps do not nest"},
      {"one(5)", ":3: a step takes a function: my_step(function() ... end)"},
      {"one(function()\nhttp.get(5) end)", ":4: http.get takes a URL or a path such as \"/masuk\""},
      {"one(function()\nhttp.get 'masuk' end)", ":4: a path begins with /"},
      {"one(function()\nhttp.get('/a', { jsn = {} }) end)", ":4: http.get does not know 'jsn': expected body, "},
      {"one(function()\nhttp.post('/a', { json = { f = function() end } }) end)", ":4: "},
      {"one(function()\nhttp.get('/a', { headers = { a = 'x\\ny' } }) end)", ":4: a header may not hold line breaks"},
      {"one(function()\nhttp.get('/a', { headers = 5 }) end)", ":4: bad argument #1 to 'pairs'"},
      {"one(function()\nhttp.get('/a', { timeout = 0 }) end)", ":4: timeout is 0: expected more than 0"},
      {"one(function()\nhttp.get('/a', { version = '3' }) end)", ":4: version '3': expected \"1.1\""},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x' } } }) end)", ":4: multipart: part 1 has neither"},
      {"one(function()\ncheck('x', false, 'tcp_refused') end)",
       ":4: 'tcp_refused' is no error class of the application layer"},
      {"one(function()\nlocal c = capture('x') end)", ":4: bad argument #2 to 'match'"},
      {"think(5, 2)", ":3: think: the second time is shorter than the first"},
      {"think(0)", ":3: think is 0: expected more than 0"},
      {"sleep('soon')", ":3: sleep: 'soon' is not a duration"},
      {"local x = random(0)", ":3: random: there is no number from 1 to 0"},
      {"local x = random('a')", ":3: random takes numbers"},
      {"local s = step 'late'", ":3: step belongs at the top of the file, not inside a journey"},
      {"local m = require 'lib'", ":3: require belongs at the top of the file, not inside a journey"},
      {"local s = secret 'none'", ":3: secret 'none' is missing: give it with --set-secret none=@FILE"},
      {"one(function()\nlocal m = mailbox.wait { to = 'a@x.test', give_up_after = '1s' } end)",
       ":4: mailbox.wait: give_up_after is shorter than expected_within"},
      {"one(function()\nlocal m = mailbox.wait {} end)", ":4: mailbox.wait: to is missing: the recipient's address"},
      // Tail calls, whose caller is no longer on the stack: where the function begins.
      {"one(function()\nreturn http.get(5) end)", ":3: http.get takes a URL"},
      {"return http.get '/a'", ":2: http.get belongs inside a step"},
  }));
  INFO(body);
  UserStage stage(with_steps(body), ok);
  stage.play(0);
  const Snapshot& all = stage.recorded();
  REQUIRE(all.script_errors.first);
  const std::string& text = all.script_errors.first->text;
  INFO(text);
  CHECK(text.substr(0, text.find('\n')).find("scenario.lua" + message) != std::string::npos);
  CHECK(text.find("api:") == std::string::npos);
  CHECK(all.journeys[0][Outcome::failure] == 1);
}

TEST_CASE("user: a step that the journey does not list is a script error") {
  UserStage stage(
      "local one, two = step 'one', step 'two'\n"
      "return scenario { journeys = { visit = { steps = { one }, run = function()\n"
      "  two(function() http.get '/a' end)\n"
      "end } } }",
      ok);
  stage.play(0);
  REQUIRE(stage.recorded().script_errors.first);
  CHECK(stage.recorded().script_errors.first->text.find(
            "scenario.lua:3: this step is not listed in the journey 'visit'") != std::string::npos);
  CHECK(stage.requests().empty());
}

TEST_CASE("user: waiting inside a callback of Lua's own is a script error, not a hang") {
  UserStage stage(with_steps("one(function() local s = (' '):gsub(' ', function() http.get '/a' end) end)"), ok);
  stage.play(0);
  REQUIRE(stage.recorded().script_errors.first);
  CHECK(stage.recorded().script_errors.first->text.find("attempt to yield across C-call boundary") !=
        std::string::npos);
  stage.play(1);
  CHECK(stage.recorded().script_errors.count == 2);
}
