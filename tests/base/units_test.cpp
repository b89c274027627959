#include "base/units.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("units: durations with one or several units are read", "[unit]") {
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("1.5s").value() == 1500ms);
  CHECK(parse_duration("1h30m").value() == 90min);
  CHECK(parse_duration("0").value() == 0s);
  CHECK(parse_duration("2d").value() == 48h);
}

TEST_CASE("units: what is no duration is refused", "[unit]") {
  for (const char* text : {"", "5", "-5s", "s", "5 s", "5x", "1e3s", "nan", "inf", "1s2", "99999999d"}) {
    INFO(text);
    CHECK(parse_duration(text).has_error());
  }
}

TEST_CASE("units: whole numbers are decimal digits and nothing else", "[unit]") {
  CHECK(parse_whole_number("0").value() == 0);
  CHECK(parse_whole_number("010").value() == 10);
  CHECK(parse_whole_number("18446744073709551615").value() == 18446744073709551615U);
  for (const char* text : {"", " ", "-1", "+5", "0x10", "0b1", " 5", "5 ", "1e3", "1.0", "1'000", "many"}) {
    INFO(text);
    CHECK(parse_whole_number(text).has_error());
  }
  CHECK(parse_whole_number("18446744073709551616").error().message == "'18446744073709551616' is too large a number");
}

TEST_CASE("units: rates need a unit of time", "[unit]") {
  CHECK(parse_rate("50/s").value().per_second() == 50);
  CHECK(parse_rate("30/m").value().per_second() == 0.5);
  CHECK(parse_rate("0.1/s").value().per_second() == 0.1);
  CHECK(parse_rate("0/s").value().per_second() == 0);
  for (const char* text : {"", "50", "/s", "-1/s", "5/x", "5/s ", "1e9/s"}) {
    INFO(text);
    CHECK(parse_rate(text).has_error());
  }
}

TEST_CASE("units: sizes know decimal and binary prefixes", "[unit]") {
  CHECK(parse_size("2000000").value() == 2000000);
  CHECK(parse_size("1.5MB").value() == 1500000);
  CHECK(parse_size("1MiB").value() == 1048576);
  CHECK(parse_size("-1").has_error());
  CHECK(parse_size("1XB").has_error());
}

TEST_CASE("units: scales are factors or fractions above zero", "[unit]") {
  CHECK(parse_scale("1/1000").value() == 0.001);
  CHECK(parse_scale("0.5").value() == 0.5);
  for (const char* text : {"", "0", "1/0", "1/", "/2", "-1", "2000000"}) {
    INFO(text);
    CHECK(parse_scale(text).has_error());
  }
}

TEST_CASE("units: durations are shown with three significant digits", "[unit]") {
  CHECK(format_duration(812us) == "812 us");
  CHECK(format_duration(1250us) == "1.25 ms");
  CHECK(format_duration(43100us) == "43.1 ms");
  CHECK(format_duration(2500ms) == "2.50 s");
  CHECK(format_duration(200s) == "3m 20s");
  CHECK(format_duration(0s) == "0 s");
  CHECK(format_rate(Rate::per_second(48.2)) == "48.2/s");
  CHECK(format_rate(Rate::per_second(0)) == "0.00/s");
  CHECK(format_rate(Rate::per_second(0.01)) == "0.01/s");
  CHECK(format_rate(Rate::per_second(0.006)) == "0.36/m");
  CHECK(format_rate(Rate::per_second(0.00005)) == "0.18/h");
  CHECK(format_size(1500000) == "1.43 MiB");
}

TEST_CASE("units: a bandwidth has a number above 0 and a unit of bits") {
  CHECK(parse_bandwidth("8bit/s").value() == 1);
  CHECK(parse_bandwidth("500kbit/s").value() == 62500);
  CHECK(parse_bandwidth("1.5Mbit/s").value() == 187500);
  CHECK(parse_bandwidth("1Gbit/s").value() == 125e6);
  for (const char* text : {"", "1.5", "1.5Mbit", "0Mbit/s", "-1Mbit/s", "1MB/s", "1mbit/s", "101Gbit/s", "1Mbit/s ",
                           "nanMbit/s", "0.9bit/s"}) {
    INFO(text);
    CHECK(parse_bandwidth(text).has_error());
  }
  CHECK(format_bandwidth(62500) == "500 kbit/s");
  CHECK(format_bandwidth(187500) == "1.50 Mbit/s");
}
