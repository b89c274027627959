// Accounts of synthetic people, created without registration: person i of a seed (base/synthetic_person.hpp).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace gelombang::sandbox {

class Database;

struct Seeding {
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  bool verified = true;  // may log in
  bool ready = false;    // identity, photo and test are done, too: may join a wave at once
  std::string mail_domain;
};

inline constexpr std::uint64_t kMaxSeeded = 10'000'000;

// Blocks until all are in the database. Existing people stay unchanged. Returns the number of new accounts.
Result<std::uint64_t> seed_accounts(Database& database, const Clock& clock, const Seeding& seeding);

}  // namespace gelombang::sandbox
