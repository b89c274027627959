// SQLite behind two threads: one reads, one writes. The writer runs all waiting jobs as one transaction and reports
// each only after COMMIT has reached the disk (WAL, synchronous=FULL). So an accepted registration survives SIGKILL and
// power loss, and a crowd shares the cost of a sync.
#pragma once

#include "base/result.hpp"
#include "sandbox/connection_pool.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/VariadicBind.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gelombang::sandbox {

// One SQLite connection with its prepared statements. Belongs to one thread.
class DbConnection {
 public:
  explicit DbConnection(const std::string& path);
  SQLite::Statement& prepare(std::string_view sql);  // cached for the next use
  void execute(const char* sql) { database_.exec(sql); }
  [[nodiscard]] std::int64_t last_row() const { return database_.getLastInsertRowid(); }

 private:
  SQLite::Database database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> statements_;
};

// One use of a prepared statement: binds values in order and resets the statement at the end.
class Query {
 public:
  template <class... Values>
  Query(DbConnection& connection, std::string_view sql, const Values&... values) : statement_(connection.prepare(sql)) {
    if constexpr (sizeof...(values) > 0) SQLite::bind(statement_, values...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next() { return statement_.executeStep(); }
  // Returns the number of changed rows.
  int run() { return statement_.exec(); }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  [[nodiscard]] std::string text(int column) const { return statement_.getColumn(column).getString(); }
  [[nodiscard]] bool is_null(int column) const { return statement_.isColumnNull(column); }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;

 private:
  SQLite::Statement& statement_;
};

enum class DbOutcome : std::uint8_t {
  ok,
  no_connection,  // the pool's timeout, or too many jobs waiting
  failed,         // the database reported an error: its message is in the log
};

class Database {
 public:
  using Job = std::function<void(DbConnection&)>;  // throws to roll back
  using Done = std::function<void(DbOutcome)>;     // called once; must not block

  static constexpr std::size_t kMaxWaiting = 20'000;  // jobs waiting for one thread
  static constexpr std::size_t kMaxBatch = 512;       // jobs in one transaction

  // Opens or creates `path` and creates the schema if needed. `pool` must outlive the database.
  static Result<std::unique_ptr<Database>> open(const std::string& path, ConnectionPool& pool);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void read(Job job, Done done) { through_pool(reader_, std::move(job), std::move(done)); }
  void write(Job job, Done done) { through_pool(writer_, std::move(job), std::move(done)); }
  // For the portal's own work (mail queue, start): bypasses the pool, blocks until done. Never on an event loop.
  DbOutcome read_now(const Job& job) { return now(reader_, job); }
  DbOutcome write_now(const Job& job) { return now(writer_, job); }
  [[nodiscard]] std::size_t waiting() const;
  // Returns when all waiting jobs are done and reported. Later jobs are refused. May be called more than once.
  void stop();

 private:
  struct Entry {
    Job job;
    Done done;
  };
  struct Lane {
    mutable std::mutex mutex;
    std::condition_variable wake;
    std::vector<Entry> queue;
    bool stopping = false;
    std::unique_ptr<DbConnection> connection;
    std::thread thread;
  };

  explicit Database(ConnectionPool& pool) : pool_(pool) {}
  void through_pool(Lane& lane, Job job, Done done);
  static bool enqueue(Lane& lane, Entry entry);
  static DbOutcome now(Lane& lane, const Job& job);
  static void run(Lane& lane, bool writes);
  static void run_reads(Lane& lane, std::vector<Entry>& entries);
  static void run_transaction(Lane& lane, std::vector<Entry>& entries);
  static void stop(Lane& lane);

  ConnectionPool& pool_;
  Lane reader_;
  Lane writer_;
};

}  // namespace gelombang::sandbox
