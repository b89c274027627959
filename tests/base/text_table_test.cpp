#include "base/text_table.hpp"

#include "base/terminal.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <string>
#include <vector>

using namespace gelombang;
using Lines = std::vector<std::string>;

namespace {

TextTable steps() {
  TextTable table("lrr");
  table.row({"step", "count", "p95"});
  table.row({"open the login page", "1000", "820 ms"});
  return table;
}

}  // namespace

TEST_CASE("text table: columns are two blanks apart, as wide as they have to be", "[unit]") {
  CHECK(steps().lines() == Lines{"step                 count     p95", "open the login page   1000  820 ms"});
  CHECK(steps().may_shorten(0, 4).lines(34) == steps().lines());
}

TEST_CASE("text table: where there is no room a name gets an ellipsis, then columns are left out", "[unit]") {
  TextTable table = steps();
  table.may_shorten(0, 8).may_leave_out({1});
  CHECK(table.lines(30) == Lines{"step             count     p95", "open the login…   1000  820 ms"});
  CHECK_FALSE(table.leaves_out(30));
  CHECK(table.lines(20) == Lines{"step             p95", "open the lo…  820 ms"});
  CHECK(table.leaves_out(20));
  CHECK_FALSE(table.leaves_out({}));
}

TEST_CASE("text table: letters are counted, not bytes", "[unit]") {
  TextTable table("ll");
  table.row({"gelömbänge", "x"});
  CHECK(table.may_shorten(0, 4).lines(10) == Lines{"gelömb…  x"});
}

TEST_CASE("text table: a long text goes on below itself", "[unit]") {
  TextTable table("ll");
  table.row({"dns", "the name does not resolve"});
  CHECK(table.may_wrap(1, 8).lines(18) == Lines{"dns  the name does", "     not resolve"});
}

TEST_CASE("text table: text is broken at blanks, and a word that is too long within", "[unit]") {
  CHECK(wrapped("one two three", 8) == Lines{"one two", "three"});
  CHECK(wrapped("abcdefghij kl", 4) == Lines{"abcd", "efgh", "ij", "kl"});
  CHECK(wrapped("one two", {}) == Lines{"one two"});
  CHECK(wrapped("", 8) == Lines{""});
  CHECK(wrapped("one two ", 7) == Lines{"one two"});
}

TEST_CASE("terminal: a pipe has any width, unless COLUMNS says one", "[unit]") {
  const Terminal pipe(-1, false);
  unsetenv("COLUMNS");
  CHECK_FALSE(pipe.text_width());
  setenv("COLUMNS", "100", 1);
  CHECK(pipe.text_width() == TextWidth(100));
  setenv("COLUMNS", "wide", 1);
  CHECK_FALSE(pipe.text_width());
  unsetenv("COLUMNS");
}
