// Faults of a script and their messages.
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
  // The user continues after the error.
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
      {"one(function()\nhttp.post('/a', { json = { f = function() end } }) end)",
       ":4: json: f is a function, which JSON cannot represent"},
      {"one(function()\nhttp.get('/a', { headers = { a = 'x\\ny' } }) end)",
       ":4: header a: a header may not hold line breaks"},
      {"one(function()\nhttp.get('/a', { headers = 5 }) end)", ":4: headers is a number: expected a table { ... }"},
      {"one(function()\nhttp.get('/a', { headers = { ['a b'] = 'x' } }) end)", ":4: header 'a b': expected a name of"},
      {"one(function()\nhttp.get('/a', { headers = { a = 'x\\27' } }) end)", ":4: header a: a header may not hold"},
      {"one(function()\nhttp.get('/a', { headers = { a = { 1 } } }) end)",
       ":4: headers: 'a' is a table: expected a text"},
      {"one(function()\nhttp.get('/a', { headers = { 'x' } }) end)", ":4: headers: 1 is no name"},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'a b' } }) end)", ":4: header Host: 'a b' is no host"},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'a.test/x' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'u@a.test' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'a.test:65536' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'a.test, b.test' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = '' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = '::1' } }) end)", ":4: header Host: "},
      {"one(function()\nhttp.get('/a', { headers = { Host = 'a.test', host = 'b.test' } }) end)",
       ":4: headers: Host is given twice"},
      {"one(function()\nhttp.get('/a', { headers = { ['Content-Length'] = 5 } }) end)",
       ":4: header Content-Length: it must not be set"},
      {"one(function()\nhttp.get('/a', { redirects = 1e15 }) end)",
       ":4: redirects is 1e+15: expected a whole number of at least 0, at most 1000"},
      {"one(function()\nhttp.get('/a', { query = { a = json.null } }) end)",
       ":4: query: 'a' is json.null: expected a text"},
      {"one(function()\nhttp.get('/a', { query = { a = 0/0 } }) end)", ":4: query: 'a' is nan: expected a number"},
      {"one(function()\nhttp.get('/a', { query = { a = { 1, { 2 } } } }) end)", ":4: query: 'a' is a table: expected"},
      {"one(function()\nhttp.get('/a', { query = { a = { b = 1 } } }) end)",
       ":4: query: 'a' is a list { a, b, ... }: 'b' is not a position in it"},
      {"one(function()\nhttp.get('/a', { query = { a = { 1, nil, 3 } } }) end)",
       ":4: query: 'a' is a list { a, b, ... }: "},
      {"one(function()\nhttp.get('/a', { query = { a = one } }) end)", ":4: query: 'a' is a table: expected"},
      {"one(function()\nhttp.post('/a', { form = { a = print } }) end)",
       ":4: form: 'a' is a function: expected a text"},
      {"one(function()\nhttp.post('/a', { form = { a = 2^53 + 2 } }) end)",
       ":4: form: 'a' is [redacted]: expected a number"},
      {"one(function()\nhttp.post('/a', { form = { 'x' } }) end)", ":4: form: 1 is no name: expected { name = value }"},
      {"one(function()\nhttp.post('/a', { form = 'a=b' }) end)", ":4: form is a string: expected a table { ... }"},
      {"one(function()\nhttp.post('/a', { body = { 1 } }) end)", ":4: http: 'body' is a table: expected a text"},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x', value = {} } } }) end)",
       ":4: multipart: 'x' is a table"},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x\\ny', value = 1 } } }) end)",
       ":4: multipart: 'x?y' holds"},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x', file = 'f', filename = 'a\\13\\10b' } } }) end)",
       ":4: multipart: "},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x', file = 'f', type = 'a\\nb: c' } } }) end)",
       ":4: multipart: "},
      {"one(function()\nhttp.post('/a', { multipart = { { name = 'x', file = {} } } }) end)",
       ":4: multipart: part 1: file is a table"},
      {"one(function()\nhttp.post('/a', { json = { a = { 1, 0/0 } } }) end)",
       ":4: json: a[2] is nan, which JSON cannot represent"},
      {"one(function()\nhttp.post('/a', { json = { a = 1e300 } }) end)", ":4: json: a is 1"},
      {"one(function()\nhttp.post('/a', { json = { 1, x = 2 } }) end)",
       ":4: json: the value is a list that also has the key 'x'"},
      {"one(function()\nhttp.post('/a', { json = { [2] = 1 } }) end)",
       ":4: json: [1] is nil: expected a list without gaps"},
      {"one(function()\nhttp.post('/a', { json = { [true] = 1 } }) end)", ":4: json: the value has a boolean as a key"},
      {"one(function()\nhttp.post('/a', { json = { a = 'caf\\233' } }) end)", ":4: json: a is not UTF-8"},
      {"one(function()\nhttp.post('/a', { json = { one } }) end)", ":4: json: [1] is an object of the scenario"},
      {"local t = {}\nt.t = t\none(function() http.post('/a', { json = t }) end)",
       ":5: json: t.t.t.t.t.t.t.t nests more than 1000 deep"},
      {"local x = 'a' .. 2^53 * 4", ":3: attempt to concatenate 36028797018963968: expected a number up to 2^53"},
      {"local x = 'a' .. 1/0", ":3: attempt to concatenate inf"},
      {"local x = 'a' .. person.emial", ":3: attempt to concatenate 'person.emial' (a nil value)"},
      {"local x = 'a' .. {}", ":3: attempt to concatenate a table value"},
      {"local x = json.decode '[1,]'", ":3: json.decode: syntax error at byte 4"},
      {"local x = json.list { a = 1 }", ":3: json.list is a list { a, b, ... }: 'a' is not a position in it"},
      {"local x = json.number '0x1F'", ":3: json.number '0x1F': expected a number as JSON writes it"},
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
      // A tail call removes its caller from the stack, so the message names the line where the function begins.
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

TEST_CASE("user: what a script means arrives as it is written") {
  // 2^53, a number a little below it, microseconds, more than 14 decimal places, and a number beyond the range.
  UserStage stage(with_steps(R"lua(one(function()
      local made = http.get("/order"):json()
      http.get("/orders/" .. made.order, { query = { number = made.order, box = { "a", 2, true }, none = {} } })
      http.get("/at/" .. made.at .. "-" .. made.big .. "/" .. ("%s"):format(made.order) ..
        table.concat({ made.order, "x" }, "|"))
      http.get("/of/" .. string.sub(made.order, -4) .. tostring(9007199254740992) .. ("id"):gsub("id", made.order))
      http.post("/form", { form = { order = made.order, big = made.big, small = 0.00001, blank = " p w " } })
      http.post("/json", { json = made, headers = { ["X-Order"] = made.order } })
      http.post("/parts", { multipart = { { name = "order", value = made.order } } })
      http.post("/made", { json = { list = json.list {}, object = {}, null = json.null, n = json.number "1e999" } })
      http.get("/a b\tc/\xc3\xa9 ")
    end))lua"),
                  [](const std::string& request) {
                    const std::string order =
                        R"({"order":1234567890123456,"at":1700000000.123456,)"
                        R"("big":12345678901234567890,"goods":[],"notes":{},"deep":[[],[1.5e300]]})";
                    return http_answer(request.find("GET /order ") == 0 ? order : "");
                  });
  stage.play(0);
  if (const auto& fault = stage.recorded().script_errors.first) FAIL(fault->text);
  const std::vector<std::string> sent = stage.requests();
  REQUIRE(sent.size() == 9);
  const auto holds = [&sent](std::size_t i, const std::string& text) {
    INFO(sent.at(i));
    CHECK(sent.at(i).find(text) != std::string::npos);
  };
  holds(1, "GET /orders/1234567890123456?box=a&box=2&box=true&number=1234567890123456 HTTP");
  holds(2, "GET /at/1700000000.123456-12345678901234567890/12345678901234561234567890123456|x HTTP");
  holds(3, "GET /of/345690071992547409921234567890123456 HTTP");
  holds(4, "\r\n\r\nbig=12345678901234567890&blank=%20p%20w%20&order=1234567890123456&small=0.00001");
  holds(5, "X-Order: 1234567890123456\r\n");
  holds(5, R"({"at":1700000000.123456,"big":12345678901234567890,"deep":[[],[1.5e300]],"goods":[],"notes":{},)"
           R"("order":1234567890123456})");
  holds(6, "\r\n\r\n1234567890123456\r\n");
  holds(7, R"({"list":[],"n":1e999,"null":null,"object":{}})");
  holds(8, "GET /a%20b%09c/%C3%A9%20 HTTP");
}

TEST_CASE("user: guards see the names of fields and files, and what is encoded twice") {
  UserStage stage(
      "local one = step 'one'\n"
      "return scenario { guards = { guard.body { pattern = '16 digits', only = '00..........0000' } },\n"
      "journeys = { visit = { run = function()\n"
      "  local function send(part) one:try(function() http.post('/a', { multipart = { part } }) end) end\n"
      "  send { name = '3201011234567890', value = 1 }\n"
      "  send { name = 'a', file = 'x', filename = '3201011234567890.jpg' }\n"
      "  one:try(function() http.get('/%2533201011234567890') end)\n"
      "  one:try(function() http.get('/' .. 3201011234567890) end)\n"
      "  one:try(function() http.post('/a', { json = { id = 3201011234567890 } }) end)\n"
      "end } } }",
      ok);
  stage.play(0);
  CHECK(stage.requests().empty());
  CHECK(stage.step("one").steps[ErrorClass::generator_identity] == 5);
}

TEST_CASE("user: what is looked for beyond what is kept of an answer is no failure of the target") {
  const auto answer = [](const std::string& request) {
    if (request.find("/json") != std::string::npos) return http_answer("[\"" + std::string(1'500'000, 'x') + "\"]");
    return http_answer(std::string(1'500'000, 'x') + "</html>");
  };
  const auto [look, cut] = GENERATE(values<std::pair<std::string, bool>>({
      {"http.get('/json'):json()", true},
      {"check('end', http.get('/page').body:find('</html>', 1, true))", true},
      {"capture(http.get('/page').body, '</(html)>')", true},
      {"http.get('/json', { max_body = 2000000 }):json()", false},
      {"check('end', http.get('/page', { max_body = 2000000 }).body:find('</html>', 1, true))", false},
      {"check('begin', http.get('/page').body:find('xxx', 1, true))", false},
  }));
  CAPTURE(look);
  UserStage stage(with_steps("one(function() local found = " + look + " end)"), answer);
  stage.play(0);
  CHECK(stage.recorded().script_errors.count == 0);
  CHECK(stage.step("one").steps[ErrorClass::assert_body] == 0);
  CHECK(count_of(stage.step("one"), CountedResult::interrupted) == (cut ? 1 : 0));
  CHECK(count_of(stage.step("one"), CountedResult::success) == (cut ? 0 : 1));
  CHECK(stage.recorded().journeys[0][cut ? Outcome::interrupted : Outcome::success] == 1);
}

TEST_CASE("user: a check that has nothing to do with a long body is judged as ever") {
  UserStage stage(with_steps("one(function() local r = http.get '/a'; check('type', r:header 'x-none') end)"),
                  [](const std::string&) { return http_answer(std::string(1'500'000, 'x')); });
  stage.play(0);
  CHECK(stage.step("one").steps[ErrorClass::assert_body] == 1);
}

TEST_CASE("user: JSON that nests deeper than we read is no failure of the target") {
  UserStage stage(with_steps("one(function() http.get('/a'):json() end)"),
                  [](const std::string&) { return http_answer(std::string(1001, '[') + std::string(1001, ']')); });
  stage.play(0);
  CHECK(stage.step("one").steps[ErrorClass::assert_body] == 0);
  CHECK(count_of(stage.step("one"), CountedResult::interrupted) == 1);
}
