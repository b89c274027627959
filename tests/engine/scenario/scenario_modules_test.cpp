// require, and scenarios that are built from other scenarios.
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using gelombang::test::ScenarioFiles;

namespace {

constexpr const char* kLogin = R"lua(
local open_page = step "open page"
local log_in    = step "log in"
return scenario {
  people = feed.people { count = 100 },
  journeys = { login = { lasts = "10s", run = function() end } },
  loads = { smoke = constant_rate { rate = "2/s", duration = "20s" } },
}
)lua";

}  // namespace

TEST_CASE("modules: a file beside the scenario is found, first of all, and runs once") {
  ScenarioFiles files;
  files.write("lib/portal.lua", "counter = (counter or 0) + 1\nreturn { name = 'beside', count = counter }");
  files.write("shared/lib/portal.lua", "return { name = 'library' }");
  files.write("shared/lib/other.lua", "return { name = 'library' }");
  files.settings.library_paths = {files.path("shared")};
  files.must_load(R"lua(
    local portal = require "lib.portal"
    assert(portal.name == "beside" and require "lib.portal" == portal and portal.count == 1)
    assert(require "lib.other".name == "library")
    step "a"
    return scenario { journeys = { j = { run = function() end } } })lua");
}

TEST_CASE("modules: a module that returns nothing was loaded all the same") {
  ScenarioFiles files;
  files.write("setup.lua", "loads_of_it = (loads_of_it or 0) + 1");
  files.must_load(R"lua(
    assert(require "setup" == true and require "setup" == true and loads_of_it == 1)
    step "a"
    return scenario { journeys = { j = { run = function() end } } })lua");
}

TEST_CASE("modules: journeys of another scenario come with their steps and people") {
  ScenarioFiles files;
  files.write("login.lua", kLogin);
  const Scenario scenario = files.must_load(R"lua(
    local login = require "login"
    local upload = step "upload"
    return scenario {
      people = feed.people { count = 7 },
      journeys = {
        login = login.journeys.login,
        again = login.journeys.login,
        upload = { steps = { upload }, weight = 3, run = function() end },
      } })lua");
  CHECK(scenario.catalog.journeys == std::vector<std::string>{"again", "login", "upload"});
  REQUIRE(scenario.catalog.steps.size() == 5);
  CHECK(scenario.catalog.steps[0].name == "open page");
  CHECK(scenario.catalog.steps[2].name == "open page");
  CHECK(scenario.catalog.steps[2].journey == 1);
  CHECK(scenario.catalog.steps[4].name == "upload");
  CHECK(scenario.feed_of(1)->people->count == 100);
  CHECK(scenario.feed_of(2)->people->count == 7);
  CHECK(scenario.loads.empty());  // the loads of login.lua stay its own
}

TEST_CASE("modules: a scenario may take over the only journey of another one") {
  ScenarioFiles files;
  files.write("login.lua", kLogin);
  const Scenario scenario = files.must_load(
      "local login = require 'login'\n"
      "return scenario { journeys = { login = login.journeys.login } }");
  CHECK(scenario.catalog.steps.size() == 2);
}

TEST_CASE("modules: weight, people and length of a journey can be changed by who takes it over") {
  ScenarioFiles files;
  files.write("login.lua", kLogin);
  const Scenario scenario = files.must_load(R"lua(
    local journey = require "login".journeys.login
    journey.weight, journey.people, journey.lasts = 74, feed.people { count = 5 }, "3s"
    return scenario { journeys = { login = journey } })lua");
  CHECK(scenario.journeys[0].weight == 74);
  CHECK(scenario.journeys[0].lasts == std::chrono::seconds(3));
  CHECK(scenario.feed_of(0)->people->count == 5);
}

TEST_CASE("modules: one that is missing is said with the places that were looked at") {
  ScenarioFiles files;
  files.settings.library_paths = {files.path("shared")};
  CHECK(files.error_of("\nlocal portal = require \"lib.portal\"") ==
        "scenario.lua:2: no file for require 'lib.portal': looked for lib/portal.lua, shared/lib/portal.lua");
}

TEST_CASE("modules: files that require each other in a circle are said to") {
  ScenarioFiles files;
  files.write("a.lua", "\nreturn require 'b'");
  files.write("b.lua", "\n\nreturn require 'a'");
  CHECK(files.error_of("local a = require 'a'") == "b.lua:3: require 'a': the files require each other in a circle");
  files.write("itself.lua", "local me = require 'itself'");
  CHECK(files.error_of("require 'itself'") ==
        "itself.lua:1: require 'itself': the files require each other in a circle");
}

TEST_CASE("modules: a fault in one carries its own file and line") {
  ScenarioFiles files;
  files.write("lib/syntax.lua", "local x = \n\n}");
  CHECK(files.error_of("require 'lib.syntax'").find("lib/syntax.lua:3: ") != std::string::npos);
  files.write("lib/fault.lua", "\nlocal x = nil + 1");
  CHECK(files.error_of("require 'lib.fault'").find("lib/fault.lua:2: attempt to perform arithmetic") == 0);
  files.write("lib/load.lua", "\n\nreturn constant_rate { rate = '0/s', duration = '1s' }");
  CHECK(files.error_of("require 'lib.load'") == "lib/load.lua:3: constant_rate: rate is 0: expected more than 0");
}

TEST_CASE("modules: one that failed fails again, for the same reason") {
  ScenarioFiles files;
  files.write("broken.lua", "error('on purpose')");
  CHECK(files.error_of("pcall(require, 'broken')\nrequire 'broken'") == "broken.lua:1: on purpose");
}

TEST_CASE("modules: a name is a name, not a path") {
  ScenarioFiles files;
  files.write("secret.lua", "return 1");
  files.write("scenarios/scenario.lua", "");
  for (const char* name : {"../secret", "..secret", "lib/../../secret", "/etc/passwd", "./secret", ".secret",
                           "lib..secret", "", " ", "secret\\0", "a b", "C:secret", "~", "lib/portal", "secret.lua/"}) {
    files.write("scenarios/scenario.lua", std::string("local x = require '") + name + "'");
    const std::string message = files.error_of_file("scenarios/scenario.lua");
    INFO(name);
    CHECK(message.find("scenarios/scenario.lua:1: require '") == 0);
    CHECK(message.find("': expected a name such as lib.portal") != std::string::npos);
  }
  for (const char* argument : {"nil", "5", "{}", "true"}) {
    const std::string message = files.error_of(std::string("local x = require(") + argument + ")");
    INFO(argument);
    CHECK(message.find("scenario.lua:1: ") == 0);
  }
}

TEST_CASE("modules: Lua's own libraries are not to be had") {
  ScenarioFiles files;
  for (const char* name : {"io", "os", "ffi", "debug", "package", "jit", "jit.util", "jit.opt", "bit", "cjson",
                           "string", "_G", "table.new", "coroutine"}) {
    INFO(name);
    CHECK(
        files.error_of(std::string("local x = require '") + name + "'").find("scenario.lua:1: no file for require '") ==
        0);
  }
}

TEST_CASE("modules: bytecode is refused, as scenario and as module") {
  ScenarioFiles files;
  const std::string bytecode = "\x1bLJ\x02\x02\x09\x02\x00\x01\x00";
  CHECK(files.error_of(bytecode) == "scenario.lua:1: this is bytecode: expected Lua source text");
  files.write("compiled.lua", bytecode);
  CHECK(files.error_of("\nlocal x = require 'compiled'") ==
        "scenario.lua:2: compiled.lua:1: this is bytecode: expected Lua source text");
}
