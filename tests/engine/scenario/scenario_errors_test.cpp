// Bad input gets one line with the file, the line and what was expected.
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>

using namespace gelombang;
using gelombang::test::ScenarioFiles;

namespace {

// A scenario that is valid except for its line 6.
std::string with_line(const std::string& line) {
  return "local a = step 'a'\n"
         "local b = step 'b'\n"
         "local run = function() end\n"
         "return scenario {\n"
         "  journeys = { j = { run = run } },\n" +
         line + "\n}\n";
}

std::string with_load(const std::string& load) { return with_line("  loads = { l = " + load + " },"); }

std::string with_journeys(const std::string& journeys) {
  return "local a = step 'a'\n"
         "local b = step 'b'\n"
         "local run = function() end\n"
         "return scenario {\n"
         "  journeys = " +
         journeys + ",\n}\n";
}

struct Case {
  std::string text;
  std::string message;
};

}  // namespace

TEST_CASE("scenario errors: a name that only a journey would have missed") {
  ScenarioFiles files;
  const auto [body, message] = GENERATE(values<Case>({
      {"htpp.get('/')", "scenario.lua:3: 'htpp' is not defined"},
      {"a(function()\n  local page = http.get('/')\n  chek('x', page) end)", "scenario.lua:5: 'chek' is not defined"},
      {"local f = function() return function() return lost end end", "scenario.lua:3: 'lost' is not defined"},
  }));
  const std::string end = "\nend\nreturn scenario { journeys = { j = { run = run } } }\n";
  CHECK(files.error_of("local a = step 'a'\nlocal run = function()\n" + body + end) == message);
  // A name that is defined later in the file, or that the top of the file only tests, is no error.
  files.must_load(
      "if optional then x = 1 end\nlocal a = step 'a'\nfunction run() return helper() end\n"
      "function helper() a(function() http.get('/') end) end\n"
      "return scenario { journeys = { j = { run = run } } }\n");
}

TEST_CASE("scenario errors: a file that is none") {
  ScenarioFiles files;
  CHECK(files.error_of_file("none.lua") == "none.lua: no such scenario file");
  std::filesystem::create_directory(files.path("folder.lua"));
  CHECK(files.error_of_file("folder.lua") == "folder.lua: is a directory: expected a scenario file");
  for (const char* text : {"", "local x = 1", "return", "return nil", "return 5", "return {}",
                           "return { journeys = {} }", "return step 'a'", "return function() end"}) {
    INFO(text);
    CHECK(files.error_of(text) == "scenario.lua: the file returns no scenario: end it with return scenario { ... }");
  }
}

TEST_CASE("scenario errors: Lua's own, with file and line") {
  ScenarioFiles files;
  CHECK(files.error_of("local x = 1\nlocal y = }") == "scenario.lua:2: unexpected symbol near '}'");
  CHECK(files.error_of("return scenario {\n  journeys = {\n") == "scenario.lua:3: unexpected symbol near '<eof>'");
  CHECK(files.error_of("\n\nlocal x = \"open\n") == "scenario.lua:3: unfinished string near '\"open'");
  CHECK(files.error_of("local x\nx.y = 1") == "scenario.lua:2: attempt to index local 'x' (a nil value)");
  CHECK(files.error_of("\nconstant_rat { rate = '5/s' }") ==
        "scenario.lua:2: attempt to call global 'constant_rat' (a nil value)");
  CHECK(files.error_of("\nerror('no accounts')") == "scenario.lua:2: no accounts");
  CHECK(files.error_of("error({})") == "scenario.lua: the file raised an error that is no text");
  CHECK(files.error_of("error()") == "scenario.lua: the file raised an error that is no text");
  CHECK(files.error_of("error('no place', 0)") == "scenario.lua: no place");
}

TEST_CASE("scenario errors: values of loads") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"constant_rate { rate = '0/s', duration = '20s' }", "constant_rate: rate is 0: expected more than 0"},
      {"constant_rate { rate = 'fast', duration = '20s' }",
       "constant_rate: rate: 'fast' is not a rate: expected a number per unit of time, such as 50/s, 30/m or 100/h"},
      {"constant_rate { rate = 50, duration = '20s' }",
       "constant_rate: rate: '50' is not a rate: expected a number per unit of time, such as 50/s, 30/m or 100/h"},
      {"constant_rate { rate = '-1/s', duration = '20s' }",
       "constant_rate: rate: '-1/s' is not a rate: expected a number per unit of time, such as 50/s, 30/m or 100/h"},
      {"constant_rate { duration = '20s' }", "constant_rate: rate is missing: expected a rate such as \"50/s\""},
      {"constant_rate { rate = '5/s' }", "constant_rate: duration is missing: expected a duration such as \"20s\""},
      {"constant_rate { rate = '5/s', duration = '-20s' }",
       "constant_rate: duration: '-20s' is not a duration: expected a number and a unit, such as 250ms, 20s, 2m or "
       "1h30m"},
      {"constant_rate { rate = '5/s', duration = -20 }",
       "constant_rate: duration is -20: expected 0 or more seconds, at most ten years"},
      {"constant_rate { rate = '5/s', duration = 1e300 }",
       "constant_rate: duration is 1e+300: expected 0 or more seconds, at most ten years"},
      {"constant_rate { rate = '5/s', duration = 0/0 }",
       "constant_rate: duration is nan: expected 0 or more seconds, at most ten years"},
      {"constant_rate { rate = '5/s', duration = '0' }", "constant_rate: duration is 0: expected more than 0"},
      {"constant_rate { rate = '5/s', duration = '1s', uniform = 'no' }",
       "constant_rate: uniform is no: expected true or false"},
      {"constant_rate { rate = '5/s', time = '20s' }",
       "constant_rate does not know 'time': expected duration, rate, uniform"},
      {"constant_rate '5/s'", "constant_rate is a string: expected a table { ... }"},
      {"constant_rate()", "constant_rate is missing: expected a table { ... }"},
      {"ramping_rate { start = '5/s' }", "ramping_rate: stages is missing: expected a table { ... }"},
      {"ramping_rate { stages = {} }", "ramping_rate: no arrivals: the rate is 0 throughout"},
      {"ramping_rate { stages = { { '1m', '0/s' } } }", "ramping_rate: no arrivals: the rate is 0 throughout"},
      {"ramping_rate { stages = { { '1m', '5/s' }, '2m' } }",
       "ramping_rate: stage 2 is a string: expected a table { ... }"},
      {"ramping_rate { stages = { { '1m', '5/s' }, { '1m', 'fast' } } }",
       "ramping_rate: stage 2: rate: 'fast' is not a rate: expected a number per unit of time, such as 50/s, 30/m or "
       "100/h"},
      {"ramping_rate { stages = { { '1m' } } }",
       "ramping_rate: stage 1: rate is missing: expected a rate such as \"50/s\""},
      {"ramping_rate { stages = { { '1m', '5/s', up = true } } }",
       "ramping_rate: stage 1 is a list { a, b, ... }: 'up' is not a position in it"},
      {"ramping_rate { stages = { { '6y', '5/s' } } }",
       "ramping_rate: stage 1: duration: '6y' is not a duration: expected a number and a unit, such as 250ms, 20s, 2m "
       "or 1h30m"},
      {"ramping_rate { stages = { { '2000d', '5/s' }, { '2000d', '5/s' } } }",
       "ramping_rate: the stages take longer than ten years"},
      {"constant_users { users = 0, duration = '5m' }",
       "constant_users: users is 0: expected a whole number of at least 1"},
      {"constant_users { duration = '5m' }", "constant_users: users is nil: expected a whole number of at least 1"},
      {"constant_users { users = 2.5, duration = '5m' }",
       "constant_users: users is 2.5: expected a whole number of at least 1"},
      {"constant_users { users = '200', duration = '5m' }",
       "constant_users: users is 200: expected a whole number of at least 1"},
      {"constant_users { users = 1/0, duration = '5m' }",
       "constant_users: users is inf: expected a whole number of at least 1"},
      {"constant_users { users = 200 }", "constant_users: duration is missing: expected a duration such as \"20s\""},
      {"iterations { users = 5 }", "iterations: iterations is nil: expected a whole number of at least 1"},
      {"iterations { iterations = 5, rate = '5/s' }",
       "iterations does not know 'rate': expected iterations, longest, users"},
  }));
  INFO(text);
  CHECK(files.error_of(with_load(text)) == "scenario.lua:6: " + message);
}

TEST_CASE("scenario errors: feeds and guards") {
  ScenarioFiles files;
  files.write("empty.csv", "");
  files.write("header.csv", "email\n");
  const auto [text, message] = GENERATE(values<Case>({
      {"people = feed.csv 'none.csv',", "none.csv: cannot be read: No such file or directory"},
      {"people = feed.csv 'empty.csv',", "empty.csv:1: the file is empty: expected a header line"},
      {"people = feed.csv 'header.csv',", "header.csv:2: no rows below the header"},
      {"people = feed.csv(),", "feed.csv takes a file's path"},
      {"people = feed.csv('header.csv', { oder = 'queue' }),", "feed.csv does not know 'oder': expected order"},
      {"people = feed.people { order = 'shuffled' },", "order 'shuffled': expected queue, circular or random"},
      {"people = feed.people { count = -1 },", "feed.people: count is -1: expected a whole number of at least 0"},
      {"people = feed.people { seed = '1' },", "feed.people: seed is 1: expected a whole number of at least 0"},
      {"people = feed.people { number = 10 },",
       "feed.people does not know 'number': expected count, domain, first, order, seed"},
      {"people = feed.people { domain = {} },", "feed.people: domain is no text"},
      {"guards = { guard.body { pattern = 'digits', only = '0' } },",
       "guard pattern 'digits': expected 'N digits', such as '16 digits'"},
      {"guards = { guard.body { pattern = '4 digits', only = '00' } },",
       "guard only '00': expected 4 characters, each a digit or '.'"},
      {"guards = { guard.body { pattern = '4 digits' } },",
       "guard only 'nil': expected 4 characters, each a digit or '.'"},
      {"guards = { guard.body { pattern = '4 digits', only = '0000', all = true } },",
       "guard.body does not know 'all': expected only, pattern"},
  }));
  INFO(text);
  CHECK(files.error_of(with_line(text)) == "scenario.lua:6: " + message);
}

TEST_CASE("scenario errors: networks") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"networks = { network { name = 'a b', upload = '1Mbit/s', download = '1Mbit/s' } },",
       "network: name 'a b': expected a name of 1 to 80 letters, digits, _ and -"},
      {"networks = { network { name = 'x', download = '1Mbit/s' } },",
       "network 'x': upload is missing: expected a bandwidth such as \"1.5Mbit/s\""},
      {"networks = { network { name = 'x', upload = '0Mbit/s', download = '1Mbit/s' } },",
       "network 'x': upload: '0Mbit/s' is not a bandwidth: expected a number above 0 and a unit, such as 500kbit/s or "
       "1.5Mbit/s"},
      {"networks = { network { name = 'x', upload = '1Mbit/s', download = '1MB/s' } },",
       "network 'x': download: '1MB/s' is not a bandwidth: expected a number above 0 and a unit, such as 500kbit/s or "
       "1.5Mbit/s"},
      {"networks = { network { name = 'x', upload = '1Mbit/s', download = '1Mbit/s', rtt = '2m' } },",
       "network 'x': rtt is 2m: expected at most 60s"},
      {"networks = { network { name = 'x', upload = '1Mbit/s', download = '1Mbit/s', weight = -1 } },",
       "network 'x': weight is -1: expected a number above 0, at most 1e9"},
      {"networks = { network { name = 'x', upload = '1Mbit/s', download = '1Mbit/s', loss = 0.1 } },",
       "network does not know 'loss': expected download, name, rtt, upload, weight"},
  }));
  INFO(text);
  CHECK(files.error_of(with_line(text)) == "scenario.lua:6: " + message);
}

TEST_CASE("scenario errors: what a scenario is made of") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"jouneys = {},",
       "scenario does not know 'jouneys': expected backend, catch_up, description, guards, journeys, loads, networks, "
       "people, thresholds"},
      {"description = {},", "scenario: description is no text"},
      {"catch_up = 'slow',", "scenario: catch_up is slow: expected burst, capped or skip"},
      {"networks = 'slow',", "scenario: networks is a string: expected a table { ... }"},
      {"networks = { '3g' },", "scenario: network 1 is no network: expected network { ... }"},
      {"networks = { network { name = 'x', upload = '1Mbit/s', download = '1Mbit/s' }, network { name = 'x', upload = "
       "'1Mbit/s', download = '1Mbit/s' } },",
       "scenario: two networks are named 'x'"},
      {"backend = 'x',", "scenario: backend is a string: expected a table { ... }"},
      {"backend = {},", "scenario: backend: expected { header = \"x-backend\" } or { cookie = \"SERVERID\" }"},
      {"backend = { header = 'a', cookie = 'b' },",
       "scenario: backend: expected { header = \"x-backend\" } or { cookie = \"SERVERID\" }"},
      {"backend = { header = 'a b' },",
       "scenario: backend: expected { header = \"x-backend\" } or { cookie = \"SERVERID\" }"},
      {"catch_up = true,", "scenario: catch_up is true: expected burst, capped or skip"},
      {"people = { 'a@x.test' },", "scenario: people is no feed: expected feed.people { ... } or feed.csv(...)"},
      {"people = 'accounts.csv',", "scenario: people is no feed: expected feed.people { ... } or feed.csv(...)"},
      {"loads = { smoke = '5/s' },", "load 'smoke' is no load: expected one such as constant_rate { ... }"},
      {"loads = { smoke = { rate = '5/s' } },", "load 'smoke' is no load: expected one such as constant_rate { ... }"},
      {"loads = { smoke = feed.people() },", "load 'smoke' is no load: expected one such as constant_rate { ... }"},
      {"loads = { constant_rate { rate = '5/s', duration = '1s' } },",
       "load '1': expected a name of 1 to 80 letters, digits, _ and -"},
      {"loads = 'smoke',", "scenario: loads is a string: expected a table { ... }"},
      {"thresholds = 'all: error_rate < 1%',", "scenario: thresholds is a string: expected a table { ... }"},
      {"thresholds = { log_in = 'p95 < 1s' },",
       "scenario: thresholds is a list { a, b, ... }: 'log_in' is not a position in it"},
      {"thresholds = { 5 },",
       "scenario: threshold 1 is no text: expected one such as \"log in: response_time p95 < 800ms\""},
      {"guards = { nik = guard.body { pattern = '1 digits', only = '0' } },",
       "scenario: guards is a list { a, b, ... }: 'nik' is not a position in it"},
      {"guards = { '16 digits' },", "scenario: guard 1 is no guard: expected guard.body { ... }"},
  }));
  INFO(text);
  CHECK(files.error_of(with_line(text)) == "scenario.lua:4: " + message);
}

TEST_CASE("scenario errors: values of load shapes") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"stages {}", "stages: no arrivals: the rate is 0 throughout"},
      {"stages()", "stages is missing: expected a table { ... }"},
      {"stages { { '1m', '0/s' } }", "stages: no arrivals: the rate is 0 throughout"},
      {"stages { { '1m' } }", "stages: stage 1: rate is missing: expected a rate such as \"50/s\""},
      {"stages { { '0', '5/s' } }", "stages: stage 1: duration is 0: expected more than 0"},
      {"stages { { '1m', '5/s', '6/s', '7/s' } }",
       "stages: stage 1 has too many values: expected a duration, a rate and, if it ramps, a second rate"},
      {"stages { { '1m', '5/s' }, to = '6/s' }", "stages is a list { a, b, ... }: 'to' is not a position in it"},
      {"stages { { '3000d', '5/s' }, { '3000d', '5/s' } }", "stages: the stages take longer than ten years"},
      {"stages { { '1d', '" + std::string(300, '9') + "/s' } }", "stages: 8.64e+304 arrivals: expected at most 1e+15"},
      {"stages { { '1000d', '" + std::string(308, '9') + "/s' } }", "stages: inf arrivals: expected at most 1e+15"},
      {"spike { at = '1m', duration = '5m' }", "spike: peak is missing: expected a rate such as \"50/s\""},
      {"spike { peak = '5/s', duration = '5m' }", "spike: at is missing: expected a duration such as \"20s\""},
      {"spike { base = '5/s', peak = '5/s', at = '1m', hold = '1m', duration = '5m' }",
       "spike: peak is 5/s: expected more than the base"},
      {"spike { peak = '5/s', at = '4m', rise = '2m', duration = '5m' }",
       "spike: at, rise, hold and fall together are longer than duration"},
      {"spike { peak = '5/s', at = '4m', duration = '5m' }",
       "spike: rise, hold and fall are 0: expected one of them above 0"},
      {"diurnal { mean = '5/s', duration = '1d' }", "diurnal: weights is missing: expected a table { ... }"},
      {"diurnal { mean = '5/s', duration = '1d', weights = { 1, 2 } }",
       "diurnal: weights has 2 numbers: expected 24, one for each hour"},
      {"diurnal { mean = '5/s', duration = '1d', weights = { 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,-1 } }",
       "diurnal: weights: number 24 is -1: expected 0 or more, at most 1e9"},
      {"diurnal { mean = '5/s', duration = '1d', weights = { 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0 } }",
       "diurnal: weights are all 0: expected one above 0"},
      {"wave_opening { window = '72h' }", "wave_opening: arrivals is nil: expected a number above 0, at most 1e+15"},
      {"wave_opening { arrivals = 1e300, window = '72h' }",
       "wave_opening: arrivals is 1e+300: expected a number above 0, at most 1e+15"},
      {"wave_opening { arrivals = 1e6 }", "wave_opening: window is missing: expected a duration such as \"20s\""},
      {"wave_opening { arrivals = 1e6, window = '1h' }", "wave_opening: window is 1h: expected at least two hours"},
      {"wave_opening { arrivals = 1e6, window = '72h', half_life = '1m' }",
       "wave_opening: half_life is 1m: expected at least five minutes"},
      {"wave_opening { arrivals = 1e6, window = '72h', first_hour = 12 }",
       "wave_opening: first_hour is 12: expected a number above 0, at most 1"},
      {"wave_opening { arrivals = 1e6, window = '72h', first_hour = 1 }",
       "wave_opening: impossible curve: first_hour 1, first_minute 4.5, half_life 1h 15m bring more than all arrivals: "
       "expected a smaller first_hour or a shorter half_life"},
      {"wave_opening { arrivals = 1e6, window = '72h', start = '25:00' }",
       "wave_opening: start is 25:00: expected a time of day such as \"12:00\""},
      {"wave_opening { arrivals = 1e6, window = '72h', zones = { { utc = 70 } } }",
       "wave_opening: zones: zone 1: utc is 70: expected a number above -12.5, at most 14"},
      {"wave_opening { arrivals = 1e6, window = '72h', zones = {} }",
       "wave_opening: zones has 0 zones: expected 1 to 24"},
      {"wave_opening { arrivals = 1e6, window = '72h', closing = { lasts = '72h' } }",
       "wave_opening: closing: lasts does not fit between the first hour and the end of the window"},
      {"wave_opening { arrivals = 1e6, window = '72h', closing = { size = 1 } }",
       "wave_opening: closing does not know 'size': expected lasts, share"},
      {"wave_opening { arrivals = 1e6, window = '72h', result = {} }",
       "wave_opening: result: after is missing: expected a duration such as \"20s\""},
  }));
  INFO(text);
  CHECK(files.error_of(with_load(text)) == "scenario.lua:6: " + message);
}

TEST_CASE("scenario errors: journeys") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"nil", "scenario: journeys is missing: expected a table { ... }"},
      {"{}", "scenario: journeys is empty: expected name = { run = function(person) ... end }"},
      {"'login'", "scenario: journeys is a string: expected a table { ... }"},
      {"{ { run = run } }", "journey '1': expected a name of 1 to 80 letters, digits, _ and -"},
      {"{ ['a/b'] = { run = run } }", "journey 'a/b': expected a name of 1 to 80 letters, digits, _ and -"},
      {"{ j = run }", "journey 'j' is a function: expected a table { ... }"},
      {"{ j = {} }", "journey 'j' has no run = function(person) ... end"},
      {"{ j = { run = 'x' } }", "journey 'j' has no run = function(person) ... end"},
      {"{ j = { run = run, wieght = 2 } }",
       "journey 'j' does not know 'wieght': expected behaviour, lasts, people, run, steps, weight"},
      {"{ j = { run = run, weight = 0 } }", "journey 'j': weight is 0: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, weight = -1 } }", "journey 'j': weight is -1: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, weight = 0/0 } }", "journey 'j': weight is nan: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, weight = 1/0 } }", "journey 'j': weight is inf: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, weight = 'heavy' } }",
       "journey 'j': weight is heavy: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, weight = false } }", "journey 'j': weight is false: expected a number above 0, at most 1e9"},
      {"{ j = { run = run, lasts = '0' } }", "journey 'j': lasts is 0: expected more than 0"},
      {"{ j = { run = run, people = {} } }",
       "journey 'j': people is no feed: expected feed.people { ... } or feed.csv(...)"},
      {"{ j = { run = run, steps = {} } }", "journey 'j' has no steps: declare them with step \"name\""},
      {"{ j = { run = run, steps = a } }", "journey 'j' has no steps: declare them with step \"name\""},
      {"{ j = { run = run, steps = { 'a' } } }", "journey 'j': steps contains something that is not a step"},
      {"{ j = { run = run, steps = { first = a } } }",
       "journey 'j': steps is a list { a, b, ... }: 'first' is not a position in it"},
      {"{ j = { run = run, steps = 5 } }", "journey 'j': steps is a number: expected a table { ... }"},
      {"{ j = { run = run, numbers = { 999 } } }",
       "journey 'j' does not know 'numbers': expected behaviour, lasts, people, run, steps, weight"},
      {"{ j = { run = run }, k = { run = run, steps = { a } } }",
       "journey 'j': with several journeys, each one must list its steps: steps = { ... }"},
  }));
  INFO(text);
  CHECK(files.error_of(with_journeys(text)) == "scenario.lua:4: " + message);
}

TEST_CASE("scenario errors: step names") {
  ScenarioFiles files;
  struct Name {
    const char* written;
    const char* problem;
  };
  for (const auto& [written, problem] : std::initializer_list<Name>{
           {"''", "step '': expected a name of 1 to 80 characters"},
           {"('x'):rep(81)", ": expected a name of 1 to 80 characters"},
           {"('验'):rep(81)", ": expected a name of 1 to 80 characters"},
           {"'a/b'", "step 'a/b': expected a name without / : { } quotes, backslashes and control characters"},
           {"'a: b'", "expected a name without"},
           {"'{a}'", "expected a name without"},
           {"'a\\nb'", "expected a name without"},
           {"'a\\27[31mb'", "expected a name without"},
           {"'a\\194\\155b'", "expected a name without"},  // a control character of Latin-1
           {"'\"a\"'", "expected a name without"},
           {"'caf\\233'", "is no UTF-8: save the file as UTF-8"},
           {"'\\237\\160\\128'", "is no UTF-8"},  // half a surrogate pair
           {"' a'", "expected single blanks between words, and none around them"},
           {"'a '", "expected single blanks"},
           {"'a  b'", "expected single blanks"},
           {"5", "a step's name is a text of 1 to 80 characters"},
           {"nil", "a step's name is a text of 1 to 80 characters"},
           {"{}", "a step's name is a text of 1 to 80 characters"}}) {
    INFO(written);
    const std::string error = files.error_of("\nlocal a = step(" + std::string(written) + ")");
    INFO(error);
    CHECK(error.find("scenario.lua:2: ") == 0);
    CHECK(error.find(problem) != std::string::npos);
  }
  // The limit counts characters, not bytes.
  files.must_load("step(('验'):rep(80))\nreturn scenario { journeys = { j = { run = function() end } } }");
  CHECK(files
            .error_of("step 'a'\nreturn scenario {\n  journeys = { j = { run = function() end } },\n"
                      "  thresholds = { 'caf\\233: error_rate < 1%' } }")
            .find("threshold 1 is no UTF-8") != std::string::npos);
  CHECK(files.error_of("local a = step 'log in'\nlocal b =\n  step 'log in'\n"
                       "return scenario { journeys = { j = { run = function() end } } }") ==
        "scenario.lua:3: journey 'j': two steps are named 'log in': expected a name that is unique within the journey");
  CHECK(files.error_of("return scenario { journeys = { j = { run = function() end } } }") ==
        "scenario.lua:1: journey 'j' has no steps: declare them with step \"name\"");
}

TEST_CASE("scenario errors: what belongs inside a journey is refused at the top of the file") {
  ScenarioFiles files;
  const auto [text, message] = GENERATE(values<Case>({
      {"http.get '/masuk'", "http.get belongs inside a journey: nothing is sent while the file loads"},
      {"http.post('/api', {})", "http.post belongs inside a journey: nothing is sent while the file loads"},
      {"http.cookie 'session'", "http.cookie belongs inside a journey: nothing is sent while the file loads"},
      {"think(1, 2)", "think belongs inside a journey"},
      {"sleep(1)", "sleep belongs inside a journey"},
      {"local a = step 'a'; a(function() end)", "steps run inside a journey"},
      {"local a = step 'a'; a:try(function() end)", "steps run inside a journey"},
      {"local a = step 'a'; a()", "a step takes a function: my_step(function() ... end)"},
      {"local a = step 'a'; a.try(function() end)",
       "this is no step: expected my_step:try(function() ... end), with a colon"},
      {"check('x', true)", "check belongs inside a journey: nothing is sent while the file loads"},
      {"capture('x', 'x')", "capture belongs inside a journey: nothing is sent while the file loads"},
      {"conformance('rule', { expected = 1, got = 1 })", "conformance belongs inside a journey"},
      {"mailbox.wait { to = 'a@x.test' }",
       "mailbox.wait belongs inside a journey: nothing is sent while the file loads"},
      {"local x = random()", "random belongs inside a journey: its result depends on the iteration"},
      {"local x = math.random(6)", "random belongs inside a journey: its result depends on the iteration"},
      {"local x = secret 'token'", "secret 'token' is missing: give it with --set-secret token=@FILE"},
  }));
  INFO(text);
  CHECK(files.error_of("\n" + text) == "scenario.lua:2: " + message);
}

TEST_CASE("scenario errors: photos") {
  ScenarioFiles files;
  CHECK(files.error_of("\nlocal p = photo { sise = 5 }")
            .find("scenario.lua:2: photo does not know 'sise': expected title") == 0);
  CHECK(files.error_of("\nlocal p = photo { size = 'big' }") == "scenario.lua:2: photo: size is no number");
  CHECK(files.error_of("\nlocal p = photo { format = 'gif' }").find("scenario.lua:2: ") == 0);
  CHECK(files.error_of("\nlocal p = photo { crop = 7 }").find("scenario.lua:2: photo: ") == 0);
  CHECK(files.error_of("\nlocal p = photo()") == "scenario.lua:2: photo is missing: expected a table { ... }");
}

TEST_CASE("scenario errors: a tail call does not lose the line") {
  ScenarioFiles files;
  CHECK(files.error_of("local function smoke(rate)\n"
                       "  return constant_rate { rate = rate, duration = '1s' }\n"
                       "end\n"
                       "\n"
                       "local load = smoke '0/s'") == "scenario.lua:2: constant_rate: rate is 0: expected more than 0");
  // Also in a loop that is hot enough for the JIT compiler.
  CHECK(files.error_of("for i = 1000, 0, -1 do\n"
                       "  local load = constant_rate {\n"
                       "    rate = i .. '/s', duration = '1s' }\n"
                       "end") == "scenario.lua:2: constant_rate: rate is 0: expected more than 0");
}

TEST_CASE("scenario errors: a journey's own faults are no faults of the file") {
  ScenarioFiles files;
  files.must_load("step 'a'\nreturn scenario { journeys = { j = { run = function() http.at.all() end } } }");
}

TEST_CASE("scenario errors: a fault in this API's own code is put where it was caused") {
  ScenarioFiles files;
  const auto error = [&](const std::string& line) { return files.error_of("\n" + line); };
  CHECK(error("json.encode(function() end)").find("scenario.lua:2: ") == 0);
  CHECK(error("json.decode '{'").find("scenario.lua:2: ") == 0);
  CHECK(error("scenario { [{}] = 1 }").find("scenario.lua:2: scenario does not know 'table: ") == 0);
  CHECK(error("constant_rate(setmetatable({}, { __index = function() error 'no' end }))").find("scenario.lua:2: no") ==
        0);
  CHECK(error("constant_rate { rate = setmetatable({}, { __tostring = function() return 5 end }), duration = '1s' }")
            .find("scenario.lua:2: ") == 0);
}
