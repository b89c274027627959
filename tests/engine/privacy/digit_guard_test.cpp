#include "engine/privacy/digit_guard.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;

namespace {

DigitGuard identity_guard() { return DigitGuard::create("16 digits", "00..........0000").value(); }

}  // namespace

TEST_CASE("guard: a foreign number is found however it is written") {
  const DigitGuard guard = identity_guard();
  for (const char* text : {
           "3201011234567890",
           "{\"nik\":\"3201011234567890\"}",
           "nik=3201011234567890&kk=0000000000000000",
           "/api/people/3201011234567890?x=1",
           "3201 0112 3456 7890",
           "3201-0112-3456-7890",
           "3201.0112.3456.7890",
           "nik=3201+0112+3456+7890",
           "320101 123456 7890",
           "320101-1234567890",
           "NIK: 3201 0112 3456 7890, KK: 0000 0000 0000 0000",
           "a 1 3201011234567890",
           "0000000101900001",  // has the serial of a real number
           "0100000101900000",  // has the province of a real number
           "x3201011234567890y",
           "%203201011234567890",
           "%25203201011234567890",
           "%2525203201011234567890",
           "%2533201011234567890",
           "%2525252525252525252525252520",  // a text that is encoded so often hides something
           "nik=3201%200112%203456%207890",
           "nik=3201%2D0112%2d3456%2B7890",
           "%33201011234567890",
           "q=%22%33%32%30%31%30%31%31%32%33%34%35%36%37%38%39%30%22",
       }) {
    INFO(text);
    CHECK(guard.violated_by(text));
  }
}

TEST_CASE("guard: synthetic numbers and everything that is no such number pass") {
  const DigitGuard guard = identity_guard();
  for (const char* text : {
           "",
           "no digits",
           "0000000101900000",
           "0099999999990000",
           "0012 3456 7890 0000",
           "0012-3456-7890-0000",
           "nik=0012+3456+7890+0000",
           "nik=0012%203456%207890%200000",
           "%200012345678900000",
           "{\"nik\":\"0000000101900000\",\"kk\":\"0012345678900000\"}",
           "320101123456789",       // 15
           "32010112345678901",     // 17
           "3201  0112 3456 7890",  // two spaces: two separate numbers
           "3201\n0112 3456 7890",
           "3201,0112,3456,7890",
           "2026-09-22T12:00:00.123Z",
           "081234567890",
           "100%",
           "%zz%4",
       }) {
    INFO(text);
    CHECK_FALSE(guard.violated_by(text));
  }
}

TEST_CASE("guard: one foreign number among many synthetic ones is enough") {
  const DigitGuard guard = identity_guard();
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "0012345678900000,";
  CHECK_FALSE(guard.violated_by(text));
  CHECK(guard.violated_by(text + "3201011234567890"));
  CHECK(guard.violated_by("3201011234567890," + text));
}

TEST_CASE("guard: other lengths and places can be asked for") {
  const DigitGuard guard = DigitGuard::create("4 digits", "9..9").value();
  CHECK_FALSE(guard.violated_by("9009 9119 123 12345"));
  CHECK(guard.violated_by("pin=1234"));
  CHECK_FALSE(DigitGuard::create("1 digits", "7").value().violated_by("7"));
  CHECK(DigitGuard::create("64 digits", std::string(64, '0')).value().violated_by(std::string(64, '1')));
}

TEST_CASE("guard: a pattern that says nothing is refused with what was expected") {
  for (const char* pattern :
       {"", "16", "16 digit", "digits", "0 digits", "65 digits", "-1 digits", "16  digits", "16 digits "}) {
    const auto guard = DigitGuard::create(pattern, "00..........0000");
    INFO(pattern);
    REQUIRE(guard.has_error());
    CHECK(guard.error().message ==
          "guard pattern '" + std::string(pattern) + "': expected 'N digits', such as '16 digits'");
  }
  for (const char* only : {"", "00", "00..........000", "00..........00000", "00..........000x", "00**********0000"}) {
    const auto guard = DigitGuard::create("16 digits", only);
    INFO(only);
    REQUIRE(guard.has_error());
    CHECK(guard.error().message ==
          "guard only '" + std::string(only) + "': expected 16 characters, each a digit or '.'");
  }
}
