#include "metrics/error_class.hpp"

#include "tests/support/catch.hpp"

#include <set>
#include <string>

using namespace gelombang;

TEST_CASE("error class: every class has a row of its own with a usable label", "[unit]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    const ErrorClassInfo& row = info(error);
    CAPTURE(i);
    CHECK_FALSE(row.name.empty());
    CHECK_FALSE(row.text.empty());
    CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos);
    CHECK(names.insert(row.name).second);
    CHECK(error_class_from_name(row.name) == error);
    CHECK((row.side == ErrorSide::none) == (error == ErrorClass::none));
    CHECK((row.name.substr(0, 10) == "generator_" || row.name == "consent") == (row.side == ErrorSide::generator));
    CHECK((row.layer == ErrorLayer::mailbox) == (row.side == ErrorSide::mailbox));
    CHECK_FALSE(name(row.layer).empty());
    CHECK_FALSE(name(row.side).empty());
  }
  CHECK_FALSE(error_class_from_name("teapot").has_value());
}

TEST_CASE("error class: the named rows stand where their names say", "[unit]") {
  CHECK(name(ErrorClass::tcp_refused) == "tcp_refused");
  CHECK(name(ErrorClass::http_507) == "http_507");
  CHECK(name(ErrorClass::mailbox_auth) == "mailbox_auth");
  CHECK(name(ErrorClass::abandoned) == "abandoned");
  CHECK(name(ErrorClass::generator_internal) == "generator_internal");
  CHECK(plain_class(ErrorClass::http_503) == "service unavailable (http_503)");
}

TEST_CASE("error class: every status has its class", "[unit]") {
  for (int status = 100; status < 600; ++status) {
    const ErrorClass error = classify_status(status, false);
    const std::string exact = "http_" + std::to_string(status);
    const std::string other = status >= 500 ? "http_5xx_other" : status >= 400 ? "http_4xx_other" : "http_unexpected";
    CHECK(name(error) == (error_class_from_name(exact) ? exact : other));
    CHECK(classify_status(status, true) == ErrorClass::blocked);
  }
}
