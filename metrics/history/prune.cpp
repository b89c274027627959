#include "metrics/history/prune.hpp"

#include "base/clock.hpp"
#include "metrics/history/file.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gelombang {
namespace {

std::uint64_t size_of(const std::string& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.st_size) : 0;
}

// In pieces, so that a writer gets its turn.
void give_space_back(SQLite::Database& database) {
  constexpr std::int64_t kPages = 1000;
  for (std::int64_t left = -1;;) {
    const std::int64_t free = database.execAndGet("PRAGMA freelist_count").getInt64();
    if (free == 0 || free == left) return;
    left = free;
    SQLite::Statement vacuum(database, "PRAGMA incremental_vacuum(" + std::to_string(kPages) + ")");
    while (vacuum.executeStep()) {
    }
  }
}

}  // namespace

Result<Pruned> prune_history(const std::string& path, WallTime before, WallTime now) {
  // Does not make a missing file.
  if (const auto there = open_history(path); !there) return there.error();
  auto opened = open_history_to_write(path);
  if (!opened) return opened.error();
  SQLite::Database& database = **opened;
  try {
    Pruned pruned;
    std::vector<std::int64_t> keys;
    const std::uint64_t size = size_of(path);
    {
      SQLite::Statement old(database,
                            "SELECT run, id FROM run WHERE started_at < ? AND (ended_at IS NOT NULL OR started_at < ?) "
                            "ORDER BY started_at, run");
      old.bind(1, unix_seconds(before));
      old.bind(2, unix_seconds(now - std::chrono::hours(24)));
      while (old.executeStep()) {
        keys.push_back(old.getColumn(0).getInt64());
        pruned.runs.push_back(old.getColumn(1).getString());
      }
    }
    for (const std::int64_t key : keys) {
      SQLite::Statement remove(database, "DELETE FROM run WHERE run = ?");
      remove.bind(1, key);
      remove.exec();
    }
    give_space_back(database);
    database.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)");
    pruned.kept = static_cast<std::uint64_t>(database.execAndGet("SELECT count(*) FROM run").getInt64());
    const std::uint64_t left = size_of(path);
    pruned.bytes = size - std::min(size, left);
    return pruned;
  } catch (const SQLite::Exception& fault) {
    return history_error(path, fault);
  }
}

}  // namespace gelombang
