#include "base/synthetic_person.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace gelombang {
namespace {

constexpr int kFirstYear = 1962;
constexpr int kYears = 46;
constexpr int kDaysPerYear = 365;                               // 29 February is left out
constexpr std::uint64_t kAreas = 99 * 99;                       // regency and district, 01 to 99
constexpr std::uint64_t kDates = 2ULL * kYears * kDaysPerYear;  // both ways to write the day
// Coprime with kAreas * kDates, so that a step through it meets every combination once.
constexpr std::uint64_t kStride = 15485863;

struct Birth {
  int year;
  unsigned month;
  unsigned day;
};

Birth birth_of(std::uint64_t date_index) {
  using namespace std::chrono;
  const int year = kFirstYear + static_cast<int>(date_index / kDaysPerYear);
  // 2001 is no leap year: its days are the 365 that every year has.
  const sys_days day = sys_days{year_month_day{std::chrono::year{2001}, January, std::chrono::day{1}}} +
                       days{static_cast<int>(date_index % kDaysPerYear)};
  const year_month_day ymd{day};
  return {year, static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day())};
}

std::string identity_number(std::uint64_t area, const Birth& birth, bool female) {
  return fmt::format("00{:02}{:02}{:02}{:02}{:02}0000", area / 99 + 1, area % 99 + 1, birth.day + (female ? 40U : 0U),
                     birth.month, birth.year % 100);
}

std::string password_of(RandomStream& random) {
  // No look-alikes, and at least one letter and one digit by construction.
  static constexpr std::string_view kLetters = "abcdefghjkmnpqrstuvwxyz";
  static constexpr std::string_view kDigits = "23456789";
  std::string password;
  for (int i = 0; i < 14; ++i) {
    const std::string_view alphabet = i % 4 == 3 ? kDigits : kLetters;
    password += alphabet[random.below(alphabet.size())];
  }
  return password;
}

}  // namespace

SyntheticPerson synthetic_person(std::uint64_t seed, std::uint64_t index, std::string_view mail_domain) {
  RandomStream random(seed, RandomPurpose::person, index);
  const std::uint64_t combination =
      (mix64(seed) % (kAreas * kDates) + index % (kAreas * kDates) * kStride) % (kAreas * kDates);
  const std::uint64_t date = combination / kAreas;
  const Birth birth = birth_of(date / 2);
  SyntheticPerson person;
  person.index = index;
  person.female = date % 2 == 1;
  person.name = fmt::format("UJI BEBAN {:06}", index);
  person.email = fmt::format("uji.{:x}.{:06}@{}", mix64(seed) & 0xFFFFFF, index, mail_domain);
  person.password = Secret(password_of(random));
  person.nik = identity_number(combination % kAreas, birth, person.female);
  person.kk = identity_number(random.below(kAreas), birth_of(random.below(kDates / 2)), false);
  person.birth_date = fmt::format("{:04}-{:02}-{:02}", birth.year, birth.month, birth.day);
  return person;
}

bool is_synthetic_identity_number(std::string_view digits) noexcept {
  return digits.size() == 16 && digits.substr(0, 2) == "00" && digits.substr(12) == "0000" &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace gelombang
