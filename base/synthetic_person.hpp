// Synthetic people: person i of a seed is a pure function of (seed, i), so that the tester and
// the stand-in portal know the same people without sharing a file.
//
// Nobody real can be meant: the identity numbers carry province 00 (no such province) and serial
// 0000 (numbering starts at 0001), the name says what it is, and the mail domain is reserved.
#pragma once

#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

struct SyntheticPerson {
  std::uint64_t index = 0;
  std::string name;        // "UJI BEBAN 000123"
  std::string email;       // only a-z, 0-9, '.', '@'; unique within a seed
  Secret password;         // 14 letters and digits
  std::string nik;         // 16 digits, 00..........0000; unique within a seed for the first 329 million
  std::string kk;          // 16 digits, 00..........0000
  std::string birth_date;  // "YYYY-MM-DD", ages 18 to 64 in 2026
  bool female = false;     // the NIK holds day + 40
};

inline constexpr std::string_view kDefaultMailDomain = "peserta.test";

SyntheticPerson synthetic_person(std::uint64_t seed, std::uint64_t index,
                                 std::string_view mail_domain = kDefaultMailDomain);

// 16 digits, province 00, serial 0000: a number that cannot belong to anyone.
bool is_synthetic_identity_number(std::string_view digits) noexcept;

}  // namespace gelombang
