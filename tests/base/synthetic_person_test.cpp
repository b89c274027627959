#include "base/synthetic_person.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace gelombang;

TEST_CASE("people: a person is a function of seed and index", "[unit]") {
  const auto a = synthetic_person(1, 123);
  const auto b = synthetic_person(1, 123);
  CHECK(a.email == b.email);
  CHECK(a.password.reveal() == b.password.reveal());
  CHECK(a.nik == b.nik);
  CHECK(a.name == "UJI BEBAN 000123");
  CHECK(synthetic_person(2, 123).email != a.email);
  CHECK(synthetic_person(2, 123).nik != a.nik);
}

TEST_CASE("people: nobody real can be meant, and nobody is twice", "[unit]") {
  std::set<std::string> emails;
  std::set<std::string> niks;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const auto person = synthetic_person(1, i);
    REQUIRE(is_synthetic_identity_number(person.nik));
    REQUIRE(is_synthetic_identity_number(person.kk));
    REQUIRE(person.email.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.@") == std::string::npos);
    REQUIRE(person.password.reveal().size() == 14);
    emails.insert(person.email);
    niks.insert(person.nik);
  }
  CHECK(emails.size() == 20000);
  CHECK(niks.size() == 20000);
}

TEST_CASE("people: the identity number holds the birth date, day plus 40 for women", "[unit]") {
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto person = synthetic_person(1, i);
    const int day = std::stoi(person.nik.substr(6, 2));
    CHECK((day > 40) == person.female);
    CHECK(day % 40 == std::stoi(person.birth_date.substr(8, 2)) % 40);
    CHECK(person.nik.substr(8, 2) == person.birth_date.substr(5, 2));
    CHECK(person.nik.substr(10, 2) == person.birth_date.substr(2, 2));
  }
}
