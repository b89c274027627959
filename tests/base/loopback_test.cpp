#include "base/loopback.hpp"

#include "base/hex.hpp"
#include "base/percent.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace gelombang;

TEST_CASE("loopback: this machine's addresses, and of all names localhost alone") {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1", "[::1]", "::ffff:127.0.0.1"}) {
    INFO(host);
    CHECK(names_loopback(host));
  }
  for (const char* host : {"", "mail.localhost", "localhost.example.org", "127.0.0.1.example.org", "127.1", "128.0.0.1",
                           "::2", "[::1", "::ffff:128.0.0.1", "0.0.0.0", "::", "127.999.0.1"}) {
    INFO(host);
    CHECK_FALSE(names_loopback(host));
  }
}

TEST_CASE("percent: every byte comes back as it was, and hexadecimal is written in full") {
  for (int byte = 0; byte < 256; ++byte) {
    std::string text;
    append_percent_encoded(text, static_cast<char>(byte));
    CHECK(text.size() == 3);
    CHECK(percent_decoded(text) == std::string(1, static_cast<char>(byte)));
  }
  CHECK(percent_decoded("%4a%zz%4") == "J%zz%4");
  std::string digits(16, ' ');
  CHECK(write_hex(digits.data(), 0x00ab12ULL) == digits.data() + 16);
  CHECK(digits == "000000000000ab12");
}
