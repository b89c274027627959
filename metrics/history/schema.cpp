#include "metrics/history/schema.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace gelombang {
namespace {

constexpr const char* kRuns = R"sql(
CREATE TABLE run (
  run INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  scenario TEXT NOT NULL,
  scenario_path TEXT NOT NULL,
  scenario_sha256 TEXT NOT NULL,
  load TEXT NOT NULL,
  target TEXT NOT NULL,
  seed INTEGER NOT NULL,
  version TEXT NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  verdict TEXT,
  validity TEXT,
  exit_code INTEGER,
  plan TEXT NOT NULL,
  summary TEXT,
  boundaries TEXT NOT NULL,
  error_classes TEXT NOT NULL
) STRICT;

CREATE TABLE journey (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  journey INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, journey)
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  step INTEGER NOT NULL,
  journey INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE interval (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  begin_seconds REAL NOT NULL,
  end_seconds REAL NOT NULL,
  rate_asked REAL NOT NULL,
  users_requesting INTEGER NOT NULL,
  users_pausing INTEGER NOT NULL,
  users_idle INTEGER NOT NULL,
  users_retrying INTEGER NOT NULL,
  validity TEXT NOT NULL,
  cpu_seconds REAL NOT NULL,
  started INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  figures BLOB NOT NULL,
  UNIQUE (run, number)
) STRICT;

CREATE TABLE step_interval (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step INTEGER NOT NULL,
  count INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  censored INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  response_p50_us INTEGER,
  response_p95_us INTEGER,
  response_p99_us INTEGER,
  service_p50_us INTEGER,
  service_p95_us INTEGER,
  service_p99_us INTEGER,
  PRIMARY KEY (run, number, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE error (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  number INTEGER NOT NULL,
  step INTEGER NOT NULL,
  class TEXT NOT NULL,
  steps INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run, number, step, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE annotation (
  annotation INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  at REAL NOT NULL,
  offset_seconds REAL NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX annotation_run ON annotation (run);
)sql";

constexpr const char* kSingleRequests = R"sql(
CREATE TABLE dimension (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  name TEXT NOT NULL,
  begin_seconds REAL NOT NULL,
  value TEXT NOT NULL,
  count INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  p50_us INTEGER,
  p95_us INTEGER,
  p99_us INTEGER,
  figures BLOB NOT NULL,
  PRIMARY KEY (run, name, begin_seconds, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  slot INTEGER NOT NULL,
  offset_seconds REAL NOT NULL,
  step INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT NOT NULL,
  service_us INTEGER NOT NULL,
  dns_us INTEGER,
  connect_us INTEGER,
  tls_us INTEGER,
  send_us INTEGER,
  wait_us INTEGER,
  receive_us INTEGER,
  bytes_sent INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  new_connection INTEGER NOT NULL,
  remote TEXT NOT NULL,
  PRIMARY KEY (run, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
  evidence INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  offset_seconds REAL NOT NULL,
  step INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT NOT NULL,
  service_us INTEGER NOT NULL,
  dns_us INTEGER,
  connect_us INTEGER,
  tls_us INTEGER,
  send_us INTEGER,
  wait_us INTEGER,
  receive_us INTEGER,
  bytes_sent INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  new_connection INTEGER NOT NULL,
  remote TEXT NOT NULL,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  headers TEXT NOT NULL,
  body TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_run ON evidence (run);
)sql";

// Who is under way at the end of an interval, and which figures are only lower bounds.
constexpr const char* kUnderWay = R"sql(
ALTER TABLE interval ADD COLUMN under_way BLOB;
ALTER TABLE step_interval ADD COLUMN under_way INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step_interval ADD COLUMN lower_bounds TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array kMigrations{kRuns, kSingleRequests, kUnderWay};

}  // namespace

Migrations history_migrations() noexcept { return kMigrations; }

int history_version() noexcept { return static_cast<int>(kMigrations.size()); }

void migrate(SQLite::Database& database, Migrations migrations) {
  const auto version_of = [&database] { return database.execAndGet("PRAGMA user_version").getInt(); };
  if (version_of() >= static_cast<int>(migrations.size())) return;
  // Only an empty file accepts this setting: it lets deleted space go back to the disk piece by piece.
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  // Another program may have done it in the meantime.
  for (auto version = static_cast<std::size_t>(version_of()); version < migrations.size(); ++version) {
    database.exec(migrations[version]);
    database.exec(fmt::format("PRAGMA user_version = {}", version + 1));
  }
  database.exec(fmt::format("PRAGMA application_id = {}", kHistoryApplicationId));
  transaction.commit();
}

}  // namespace gelombang
