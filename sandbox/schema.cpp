#include "sandbox/schema.hpp"

#include "sandbox/database.hpp"

#include <stdexcept>

namespace gelombang::sandbox {
namespace {

// 'GELO': a database of another program is refused, not altered.
constexpr std::int64_t kApplicationId = 0x47454C4F;
constexpr std::int64_t kVersion = 1;

// Times are Unix milliseconds. A seeded account has no hash: see password.hpp.
constexpr const char* kTables = R"sql(
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  seed INTEGER, person INTEGER,
  created_at INTEGER NOT NULL,
  verified_at INTEGER,
  nik TEXT UNIQUE, kk TEXT, birth_date TEXT, identity_at INTEGER,
  photo_file TEXT, photo_bytes INTEGER, photo_at INTEGER, photo_uploads INTEGER NOT NULL DEFAULT 0,
  test_attempts INTEGER NOT NULL DEFAULT 0, test_started_at INTEGER, test_score INTEGER, test_at INTEGER
);
CREATE TABLE tokens (
  hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts(id),
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) WITHOUT ROWID;
CREATE TABLE mails (
  id INTEGER PRIMARY KEY,
  recipient TEXT NOT NULL,
  name TEXT NOT NULL,
  token TEXT,
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE INDEX mails_due ON mails(next_at, id) WHERE state = 0;
CREATE TABLE waves (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  quota INTEGER NOT NULL,
  state INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closes_at INTEGER,
  closed_at INTEGER,
  result_at INTEGER,
  result_delay INTEGER NOT NULL DEFAULT 0,
  draw_seed BLOB
);
CREATE TABLE joins (
  account INTEGER NOT NULL REFERENCES accounts(id),
  wave INTEGER NOT NULL REFERENCES waves(id),
  joined_at INTEGER NOT NULL,
  selected INTEGER,
  PRIMARY KEY (account, wave)
) WITHOUT ROWID;
CREATE INDEX joins_wave ON joins(wave);
)sql";

std::int64_t single_number(DbConnection& connection, const char* sql) {
  Query query(connection, sql);
  return query.next() ? query.integer(0) : 0;
}

}  // namespace

void create_schema(DbConnection& connection) {
  const std::int64_t application = single_number(connection, "PRAGMA application_id");
  const std::int64_t version = single_number(connection, "PRAGMA user_version");
  if (application == kApplicationId && version == kVersion) return;
  if (single_number(connection, "SELECT count(*) FROM sqlite_schema") != 0)
    throw std::runtime_error("not a database of this version of gelombang-sandbox");
  connection.execute("BEGIN IMMEDIATE");
  connection.execute(kTables);
  connection.execute("PRAGMA application_id = 0x47454C4F");
  connection.execute("PRAGMA user_version = 1");
  connection.execute("COMMIT");
}

}  // namespace gelombang::sandbox
