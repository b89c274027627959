// Numbers as text and as JSON, without a target.
#include "engine/lua/exact_concatenation.hpp"
#include "engine/lua/number_text.hpp"
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace gelombang;
using gelombang::test::ScenarioFiles;

namespace {

// Runs `lua` at the top of a scenario file.
void must_hold(const std::string& lua) {
  ScenarioFiles files;
  files.must_load(lua + "\nstep 'a'\nreturn scenario { journeys = { j = { run = function() end } } }");
}

}  // namespace

TEST_CASE("numbers: the shortest text that reads back, whole numbers digit by digit") {
  CHECK(number_text(0) == "0");
  CHECK(number_text(123456789012345) == "123456789012345");
  CHECK(number_text(9007199254740992.0) == "9007199254740992");
  CHECK(number_text(-9007199254740991.0) == "-9007199254740991");
  CHECK(number_text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(number_text(0.00001) == "0.00001");
  CHECK(number_text(1e21) == "1e+21");
  CHECK(number_text(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(is_exact(9007199254740992.0));
  CHECK_FALSE(is_exact(9007199254740994.0));
  CHECK_FALSE(is_exact(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("numbers: every operand of a concatenation is handed over, and nothing else is changed") {
  struct Case {
    const char* written;
    const char* rewritten;
  };
  const auto [written, rewritten] = GENERATE(values<Case>({
      {"return 1", "return 1"},
      {"x = a .. b", "x = __exact(a,\"a\") .. __exact(b,\"b\")"},
      {"x = 'a' .. b.c .. [[d]]", "x = 'a' .. __exact(b.c,\"b.c\") .. [[d]]"},
      {"x = a..b y = c", "x = __exact(a,\"a\")..__exact(b,\"b\") y = c"},
      {"x = not a + 1 .. -b ^ 2 == c", "x = __exact((not a + 1)) .. __exact((-b ^ 2)) == c"},
      {"x = f(a .. b):m 's' .. t[c .. 1]",
       "x = __exact((f(__exact(a,\"a\") .. __exact(b,\"b\")):m 's')) .. __exact((t[__exact(c,\"c\") .. "
       "__exact((1))]))"},
      {"x = { a .. b, c = d .. e; f }",
       "x = { __exact(a,\"a\") .. __exact(b,\"b\"), c = __exact(d,\"d\") .. __exact(e,\"e\"); f }"},
      {"f(...) -- a .. b\n--[[ c .. d ]] g('e .. f')", "f(...) -- a .. b\n--[[ c .. d ]] g('e .. f')"},
      {"x = ... .. '\\'..' .. 1e-5", "x = __exact((...)) .. '\\'..' .. __exact((1e-5))"},
      {"#!a .. b\nx = a .. b", "#!a .. b\nx = __exact(a,\"a\") .. __exact(b,\"b\")"},
      {"if a .. b then return c .. d end",
       "if __exact(a,\"a\") .. __exact(b,\"b\") then return __exact(c,\"c\") .. __exact(d,\"d\") end"},
      {"x = a .. b goto c ::c:: d()", "x = __exact(a,\"a\") .. __exact(b,\"b\") goto c ::c:: d()"},
      {"return(a) .. b", "return __exact(((a))) .. __exact(b,\"b\")"},
      {"x = a ..", "x = __exact(a,\"a\") .."},
      {"x = (a .. b", "x = (__exact(a,\"a\") .. __exact(b,\"b\")"},
      {"'a .. b", "'a .. b"},
      {")..(", ")..("},
  }));
  CHECK(with_exact_concatenation(written) == rewritten);
}

TEST_CASE("numbers: whatever in Lua makes text of a number is exact") {
  must_hold(R"lua(
    local id, list = 1234567890123456, { 1234567890123456, 5 }
    local text = "1234567890123456"
    assert(id .. "" == text and "" .. id == text and 1 .. 2 == "12" and id .. id == text .. text)
    assert(tostring(id) == text and tostring(2 ^ 53) == "9007199254740992" and tostring(1/0) == "inf")
    assert(("%s|%5.3f|%%|%q|%d"):format(id, 1.5, id, id) == text .. '|1.500|%|"' .. text .. '"|' .. text)
    assert(table.concat(list) == text .. "5" and table.concat(list, ",", 1, 1) == text and table.concat(list, id) == text .. text .. 5)
    assert(table.concat { "a", "b" } == "ab" and table.concat({}, ",") == "" and not pcall(table.concat, { {} }) and not pcall(table.concat))
    assert(string.sub(id, -4) == "3456" and string.len(id) == 16 and string.rep(id, 2) == text .. text)
    assert(string.find("x" .. text, id, 1, true) == 2 and string.match(id, "^%d+$") == text and string.reverse(id) == "6543210987654321")
    assert(("a"):gsub("a", id) == text and ("a"):gsub("a", { a = id }) == text and ("a"):gsub("a", function() return id end) == text)
    assert(("abc"):gsub("%w", "%0-", 2) == "a-b-c" and ("a"):gsub("a", function() end) == "a")
    assert(string.format("%5s", "a") == "    a" and not pcall(string.format, "%d", "x"))
    assert(0.1 + 0.2 .. "" == "0.30000000000000004" and 1700000000.123456 .. "" == "1700000000.123456")
    assert(-5 .. "" == "-5" and 1e-5 .. "" == "0.00001" and 99999999999999 .. "" == "99999999999999")
    for i = 1, 300 do assert("a" .. i + 0.5 .. "b" .. 1e15 + i == "a" .. i .. ".5b" .. "1000000000000" .. ("%03d"):format(i)) end
    local joined = setmetatable({}, { __concat = function(a, b) return "joined" end })
    assert(joined .. 1 == "joined" and 1 .. joined == "joined" and "a" .. joined == "joined")
    local function several() return id, "other" end
    assert(several() .. "" == text and "" .. several() == text)
    local x, y = "a" .. "b", "c" .. "d"
    assert(x == "ab" and y == "cd" and ("a" .. x):upper() == "AAB" and #("a" .. x) == 3)
  )lua");
}

TEST_CASE("json: only JSON is JSON") {
  must_hold(R"lua(
    for _, text in ipairs { "NaN", "-NaN", "Infinity", "-Infinity", "inf", "0x1F", "007", "-01", "+1", "1.", ".5", "1e", "-", "1 2", "[1,]", "{\"a\":1,}",
        "[1,,2]", "{a:1}", "'a'", "/* c */ 1", "1 // c", "\"\\ud800\"", "\"\\x41\"", "\"a\tb\"", "\"\255\"", "\"a", "[1", "nul", "True", "", " ", "[1]x",
        "\"a\0b\"", "1\0", "undefined" } do
      local ok, problem = pcall(json.decode, text)
      assert(not ok and problem:find("scenario.lua:5: json.decode: ", 1, true), text)
    end
    assert(not pcall(json.decode, ("["):rep(1001) .. ("]"):rep(1001)) and pcall(json.decode, ("["):rep(1000) .. ("]"):rep(1000)))
  )lua");
}

TEST_CASE("json: values come back as they were") {
  must_hold(R"lua(
    for _, text in ipairs { "null", "true", "[]", "{}", "[[],{}]", '{"a":[],"b":{}}', "1234567890123456", "9007199254740991", "9007199254740993", "-9007199254740993",
        "12345678901234567890", "1e999", "1.5e300", "0.1", "-0", '"a/b\\u0000"', '"\xf0\x9f\x98\x80"', '{"a":null}', "[null,null]", "106.84559712345678" } do
      assert(json.encode(json.decode(text)) == text, text .. " became " .. json.encode(json.decode(text)))
    end
    assert(json.encode(json.decode '\xef\xbb\xbf{"a":1,"a":2}') == '{"a":2}' and json.decode '"\\ud83d\\ude00"' == "\xf0\x9f\x98\x80")
    local list = json.decode "[1]"
    table.remove(list)
    assert(json.encode(list) == "[]" and json.encode(json.list()) == "[]" and json.encode(json.list { 1 }) == "[1]" and json.encode {} == "{}")
    local big = json.decode "12345678901234567890"
    assert(tostring(big) == "12345678901234567890" and big .. "" == "12345678901234567890" and big == json.number "12345678901234567890" and big ~= json.number "1")
    assert(not pcall(function() return big + 1 end) and not getmetatable(big))
    assert(json.encode { b = 1, a = { true, "x" } } == '{"a":[true,"x"],"b":1}')
  )lua");
}
