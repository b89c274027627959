#include "base/json_writer.hpp"

#include "tests/support/catch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <limits>

using namespace gelombang;
namespace json = boost::json;

TEST_CASE("json writer: any string gives JSON that reads back", "[unit]") {
  for (const std::string& text :
       {std::string("plain"), std::string("quote \" backslash \\ newline \n"), std::string("\x01\x1f\x7f"),
        std::string("a\0b", 3), std::string("UJI BEBAN \xe2\x82\xac")}) {
    CHECK(json::parse(to_json_text(json::value(text))).as_string() == text);
  }
}

TEST_CASE("json writer: what is no UTF-8 becomes a replacement character", "[unit]") {
  const std::string r = "\xef\xbf\xbd";
  CHECK(valid_utf8("a\xff"
                   "b") == "a" + r + "b");
  CHECK(valid_utf8("\xc0\x80") == r + r);                  // overlong
  CHECK(valid_utf8("\xe0\x80\x80") == r + r + r);          // overlong
  CHECK(valid_utf8("\xed\xa0\x80") == r + r + r);          // surrogate
  CHECK(valid_utf8("\xf4\x90\x80\x80") == r + r + r + r);  // above U+10FFFF
  CHECK(valid_utf8("\xe2\x82") == r + r);                  // cut off
  CHECK(valid_utf8("\xe2\x82\xac \xf0\x9f\x98\x80") == "\xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK_NOTHROW(json::parse(to_json_text(json::value("\xff\xfe"))));
}

TEST_CASE("json writer: lines stay lines, and nothing in them controls a terminal", "[unit]") {
  CHECK(printable_text("a\r\nb\n\n\x1b[2J\tc\rd\xff\n") == "a\nb\n\n?[2J c?d?\n");
  CHECK(printable_text("").empty());
}

TEST_CASE("json writer: half a letter at the end of a text that was cut is taken off, and nothing else", "[unit]") {
  const std::string letters = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  for (const std::size_t whole : {1U, 3U, 6U, 10U}) CHECK(without_cut_letter(letters.substr(0, whole)).size() == whole);
  CHECK(without_cut_letter(letters.substr(0, 2)) == "a");
  for (const std::size_t cut : {4U, 5U}) CHECK(without_cut_letter(letters.substr(0, cut)).size() == 3);
  for (const std::size_t cut : {7U, 8U, 9U}) CHECK(without_cut_letter(letters.substr(0, cut)).size() == 6);
  CHECK(without_cut_letter("").empty());
  CHECK(without_cut_letter("\x80\x80\x80\x80").size() == 4);
  CHECK(without_cut_letter("x\xff") == "x\xff");
}

TEST_CASE("json writer: NaN and infinity become null", "[unit]") {
  CHECK(to_json_text(json::value(std::nan(""))) == "null\n");
  CHECK(to_json_text(json::value(-std::numeric_limits<double>::infinity())) == "null\n");
}

TEST_CASE("json writer: objects keep their order and are indented", "[unit]") {
  const json::value v = json::parse(R"({"b":[1,-2.5,[]],"a":{},"c":{"d":true}})");
  CHECK(to_json_text(v) ==
        "{\n  \"b\": [\n    1,\n    -2.5,\n    []\n  ],\n  \"a\": {},\n  \"c\": {\n    \"d\": true\n  }\n}\n");
}

TEST_CASE("json writer: text for a terminal cannot steer it", "[unit]") {
  CHECK(printable("a\x1b[2Jb\r\n\t\x7f") == "a?[2Jb?? ?");
  CHECK(printable("\xc2\x9b"
                  "31m") == "?31m");
  CHECK(printable("caf\xc3\xa9") == "caf\xc3\xa9");
}
