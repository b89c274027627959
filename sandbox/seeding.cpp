#include "sandbox/seeding.hpp"

#include "base/synthetic_person.hpp"
#include "sandbox/database.hpp"
#include "sandbox/unix_time.hpp"

#include <algorithm>

namespace gelombang::sandbox {
namespace {

// Between two pieces, the writer serves other jobs.
constexpr std::uint64_t kPiece = 2000;

bool add_person(DbConnection& connection, const Seeding& seeding, std::uint64_t index, std::int64_t now) {
  const SyntheticPerson person = synthetic_person(seeding.seed, index, seeding.mail_domain);
  Query insert(
      connection, "INSERT OR IGNORE INTO accounts (email, name, seed, person, created_at) VALUES (?, ?, ?, ?, ?)",
      person.email, person.name, static_cast<std::int64_t>(seeding.seed), static_cast<std::int64_t>(index), now);
  if (insert.run() == 0) return false;
  const std::int64_t account = connection.last_row();
  if (seeding.verified) Query(connection, "UPDATE accounts SET verified_at = ? WHERE id = ?", now, account).run();
  if (seeding.ready) {
    // Without a file: nobody uploaded this photo.
    Query(connection,
          "UPDATE OR IGNORE accounts SET nik = ?, kk = ?, birth_date = ?, identity_at = ?5, photo_at = ?5, "
          "test_attempts = 1, test_started_at = ?5, test_score = 0, test_at = ?5 WHERE id = ?4",
          person.nik, person.kk, person.birth_date, account, now)
        .run();
  }
  return true;
}

}  // namespace

Result<std::uint64_t> seed_accounts(Database& database, const Clock& clock, const Seeding& seeding) {
  std::uint64_t added = 0;
  for (std::uint64_t done = 0; done < seeding.count; done += kPiece) {
    const std::uint64_t piece = std::min(kPiece, seeding.count - done);
    std::uint64_t new_ones = 0;
    const DbOutcome outcome = database.write_now([&](DbConnection& c) {
      new_ones = 0;
      const std::int64_t now = unix_ms(clock.wall_now());
      for (std::uint64_t i = 0; i < piece; ++i) {
        if (add_person(c, seeding, seeding.first + done + i, now)) ++new_ones;
      }
    });
    if (outcome != DbOutcome::ok) return Error{"the accounts cannot be written to the database"};
    added += new_ones;
  }
  return added;
}

}  // namespace gelombang::sandbox
