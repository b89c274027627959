// The tables of a history file and how they came to be: a list of changes, each taking the file from one version of the
// schema to the next. docs/history.md explains the tables.
#pragma once

#include <cstdint>
#include <span>

namespace SQLite {
class Database;
}

namespace gelombang {

// "glmb": what marks an SQLite file as a history.
inline constexpr std::uint32_t kHistoryApplicationId = 0x676c6d62;

// SQL that makes version n + 1 of version n; never changed once it was released, only followed by another.
using Migrations = std::span<const char* const>;
Migrations history_migrations() noexcept;
// The version that this program reads and writes.
int history_version() noexcept;

// Brings a file that is empty or older up to date, or leaves it as it was and throws SQLite::Exception. Safe where
// several programs do so at once.
void migrate(SQLite::Database& database, Migrations migrations = history_migrations());

}  // namespace gelombang
