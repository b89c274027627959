// A scenario cannot reach the machine or other users.
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using gelombang::test::ScenarioFiles;

namespace {

constexpr const char* kEnd = "\nstep 'a'\nreturn scenario { journeys = { j = { run = function() end } } }";

}  // namespace

TEST_CASE("sandbox: there is no way by name to files, processes, native code or other chunks") {
  ScenarioFiles files;
  files.must_load(std::string(R"lua(
    for _, name in ipairs { "io", "ffi", "debug", "package", "module", "loadstring", "load", "loadfile", "dofile", "coroutine",
        "setfenv", "getfenv", "jit", "newproxy", "collectgarbage", "gcinfo", "native" } do
      assert(_G[name] == nil, name)
      assert(rawget(_G, name) == nil, name)
    end
    local allowed = { clock = true, time = true, date = true }
    for name in pairs(os) do assert(allowed[name], "os." .. name) end
    assert(string.dump == nil and ("").dump == nil)
    assert(math.randomseed == nil)
  )lua") + kEnd);
}

TEST_CASE("sandbox: only known functions can be found from what a scenario holds") {
  // Visits everything that can be reached through tables and metatables, and compares it with the permitted C
  // functions.
  ScenarioFiles files;
  files.must_load(std::string(R"lua(
    local forbidden = { execute = true, popen = true, open = true, exit = true, getenv = true, remove = true, rename = true,
      tmpname = true, setlocale = true, dump = true, getinfo = true, sethook = true, getregistry = true, setupvalue = true,
      upvaluejoin = true, loadlib = true, cdef = true, cast = true, setfenv = true, getfenv = true, debug = true, io = true,
      package = true, ffi = true, jit = true, wrap = true, resume = true, loadstring = true, preload = true, loaders = true }
    local seen = {}
    local function visit(value, path)
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for key, inner in pairs(value) do
        assert(not forbidden[key] or value == table, path .. "." .. tostring(key))  -- table.remove is harmless
        visit(key, path)
        visit(inner, path .. "." .. tostring(key))
      end
      visit(getmetatable(value), path .. "(metatable)")
    end
    visit(_G, "_G")
    for _, value in ipairs {
    "", step "b", feed.people{}, constant_rate{rate = "1/s", duration = "1s"},
        guard.body{pattern = "1 digits", only = "0"}, photo {
      wrong_bytes = true
    } } do
      local meta = getmetatable(value)
      assert(not meta, "a metatable is reachable: " .. tostring(value))
      visit(value, tostring(value))
    end
    local bytes = photo({ wrong_bytes = true }).data
    assert(type(bytes) == "userdata" and not getmetatable(bytes))
  )lua") + kEnd);
}

TEST_CASE("sandbox: metatables of shared values cannot be had or replaced") {
  ScenarioFiles files;
  files.must_load(std::string(R"lua(
    assert(getmetatable("") == false)
    assert(not pcall(setmetatable, "", {}))
    local s = step "b"
    assert(getmetatable(s) == false and not pcall(setmetatable, s, {}))
    assert(not getmetatable(_G))
    -- A caught error of the API is a text, and nothing of the API hangs on it.
    local ok, problem = pcall(constant_rate, {})
    assert(not ok and type(problem) == "string")
  )lua") + kEnd);
}

TEST_CASE("sandbox: a forged handle is no handle") {
  ScenarioFiles files;
  CHECK(files.error_of("local s = step 'a'\nlocal load = constant_rate { rate = '1/s', duration = '1s' }\n"
                       "local forged = {}\nfor k, v in pairs(load) do forged[k] = v end\n"
                       "forged.kind, forged.class, forged.pieces = 'constant_rate', 'load', { 5 }\n"
                       "return scenario { journeys = { j = { run = function() end } }, loads = { l = forged } }") ==
        "scenario.lua:6: load 'l' is no load: expected one such as constant_rate { ... }");
  CHECK(files.error_of("return { class = 'scenario', journeys = {} }") ==
        "scenario.lua: the file returns no scenario: end it with return scenario { ... }");
}

TEST_CASE("sandbox: what one scenario does is not seen by the next one") {
  ScenarioFiles files;
  files.must_load(std::string("leak = 1; string.format = nil; http.get = nil; json = nil; math.pi = 3") + kEnd);
  files.must_load(std::string("assert(leak == nil and string.format and http.get and json and math.pi > 3.1)") + kEnd);
}

TEST_CASE("sandbox: endless recursion ends the loading, not the program") {
  ScenarioFiles files;
  CHECK(files.error_of("\nlocal s = '1' + {}").find("scenario.lua:2: attempt to perform arithmetic") == 0);
  CHECK(files.error_of("local function deep() return 1 + deep() end\ndeep()").find("stack overflow") !=
        std::string::npos);
}
