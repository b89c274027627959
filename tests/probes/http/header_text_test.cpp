// What a script may put into a header.
#include "probes/http/header_text.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace gelombang;

TEST_CASE("header text: names are tokens, values hold no control characters") {
  for (const char* name : {"X-Order", "a", "!#$%&'*+-.^_`|~09AZaz"}) CHECK_FALSE(header_problem(name, "x"));
  for (const std::string name : {"", "a b", "a:", "a\r\nb", "caf\xc3\xa9", "a\t", "(a)"}) {
    INFO(name);
    CHECK(header_problem(name, "x"));
  }
  for (const char* value : {"", " ", "a\tb", "caf\xc3\xa9", "\xff"}) CHECK_FALSE(header_problem("a", value));
  using std::string_literals::operator""s;
  for (const std::string& value : {"a\nb"s, "a\r"s, "a\0b"s, "\x1b[2J"s, "\x7f"s}) CHECK(header_problem("a", value));
}

TEST_CASE("header text: headers that are not a script's are refused, whatever their case") {
  for (const char* name : {"Content-Length", "transfer-encoding", "TRACEPARENT", "Expect"}) {
    CHECK(header_problem(name, "1"));
  }
}

TEST_CASE("header text: a Host is a host and maybe a port") {
  for (const char* host :
       {"a.test", "A.test.", "a.test:1", "a.test:65535", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:443"}) {
    INFO(host);
    CHECK(is_host_header(host));
  }
  for (const char* host :
       {"",           " ",        "a.test ",      " a.test",       "a b",      "a.test/",  "a.test/x",     "u@a.test",
        "a.test:",    "a.test:0", "a.test:65536", "[::1",          "[::1]x",   "[::1]:",   "a.test:80:80", "a.test:x",
        "a.test:+80", "::1",      "[a.test]",     "a.test,b.test", "a.test#x", "a.test?x", "a..test",      "%61.test",
        "127.1",      "*",        "http://a.test"}) {
    INFO(host);
    CHECK_FALSE(is_host_header(host));
  }
}
