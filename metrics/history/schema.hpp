// The tables of a history file, as a list of changes. Each change takes the file from one version of the schema to the
// next. docs/history.md explains the tables.
#pragma once

#include <cstdint>
#include <span>

namespace SQLite {
class Database;
}

namespace gelombang {

// "glmb": marks an SQLite file as a history.
inline constexpr std::uint32_t kHistoryApplicationId = 0x676c6d62;

// SQL that makes version n + 1 from version n. Never change one that was released: add another one.
using Migrations = std::span<const char* const>;
Migrations history_migrations() noexcept;
// The version that this program reads and writes.
int history_version() noexcept;

// Brings an empty or older file up to date. On failure leaves the file as it was and throws SQLite::Exception. Several
// programs may do this at once.
void migrate(SQLite::Database& database, Migrations migrations = history_migrations());

}  // namespace gelombang
