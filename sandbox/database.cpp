#include "sandbox/database.hpp"

#include "sandbox/schema.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

namespace gelombang::sandbox {

DbConnection::DbConnection(const std::string& path)
    : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000) {
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");
  execute("PRAGMA foreign_keys=ON");
  execute("PRAGMA cache_size=-32000");
}

SQLite::Statement& DbConnection::prepare(std::string_view sql) {
  const auto at = statements_.find(sql);
  if (at != statements_.end()) return *at->second;
  std::string text(sql);
  auto statement = std::make_unique<SQLite::Statement>(database_, text);
  return *statements_.emplace(std::move(text), std::move(statement)).first->second;
}

Query::~Query() {
  statement_.tryReset();
  statement_.clearBindings();
}

std::optional<std::int64_t> Query::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, ConnectionPool& pool) {
  std::unique_ptr<Database> database(new Database(pool));
  try {
    database->writer_.connection = std::make_unique<DbConnection>(path);
    create_schema(*database->writer_.connection);
    database->reader_.connection = std::make_unique<DbConnection>(path);
  } catch (const std::exception& e) {
    return Error{fmt::format("{}: {}", path, e.what())};
  }
  database->writer_.thread = std::thread([lane = &database->writer_] { run(*lane, true); });
  database->reader_.thread = std::thread([lane = &database->reader_] { run(*lane, false); });
  return database;
}

Database::~Database() { stop(); }

void Database::stop() {
  stop(reader_);
  stop(writer_);
}

void Database::stop(Lane& lane) {
  {
    const std::lock_guard lock(lane.mutex);
    lane.stopping = true;
  }
  lane.wake.notify_all();
  if (lane.thread.joinable()) lane.thread.join();
}

void Database::through_pool(Lane& lane, Job job, Done done) {
  pool_.acquire([&lane, job = std::move(job), done = std::move(done)](std::shared_ptr<ConnectionPool::Lease> lease) {
    if (!lease) return done(DbOutcome::no_connection);
    // The lease ends with the job, because `done` holds the only copy.
    Done with_lease = [lease = std::move(lease), done](DbOutcome outcome) mutable {
      lease.reset();
      done(outcome);
    };
    if (!enqueue(lane, {job, std::move(with_lease)})) done(DbOutcome::no_connection);
  });
}

bool Database::enqueue(Lane& lane, Entry entry) {
  {
    const std::lock_guard lock(lane.mutex);
    if (lane.stopping || lane.queue.size() >= kMaxWaiting) return false;
    lane.queue.push_back(std::move(entry));
  }
  lane.wake.notify_one();
  return true;
}

DbOutcome Database::now(Lane& lane, const Job& job) {
  std::promise<DbOutcome> promise;
  if (!enqueue(lane, {job, [&promise](DbOutcome outcome) { promise.set_value(outcome); }})) {
    return DbOutcome::no_connection;
  }
  return promise.get_future().get();
}

std::size_t Database::waiting() const {
  std::size_t sum = 0;
  for (const Lane* lane : {&reader_, &writer_}) {
    const std::lock_guard lock(lane->mutex);
    sum += lane->queue.size();
  }
  return sum;
}

void Database::run(Lane& lane, bool writes) {
  for (;;) {
    std::vector<Entry> entries;
    {
      std::unique_lock lock(lane.mutex);
      lane.wake.wait(lock, [&lane] { return lane.stopping || !lane.queue.empty(); });
      if (lane.queue.empty()) return;
      const auto count = static_cast<std::ptrdiff_t>(std::min(lane.queue.size(), kMaxBatch));
      std::move(lane.queue.begin(), lane.queue.begin() + count, std::back_inserter(entries));
      lane.queue.erase(lane.queue.begin(), lane.queue.begin() + count);
    }
    if (writes) {
      run_transaction(lane, entries);
    } else {
      run_reads(lane, entries);
    }
  }
}

namespace {

void report(const Database::Done& done, DbOutcome outcome) {
  try {
    done(outcome);
  } catch (const std::exception& e) {
    spdlog::error("after a database job: {}", e.what());
  }
}

bool attempt(const Database::Job& job, DbConnection& connection) {
  try {
    job(connection);
    return true;
  } catch (const std::exception& e) {
    spdlog::error("database: {}", e.what());
    return false;
  }
}

}  // namespace

void Database::run_reads(Lane& lane, std::vector<Entry>& entries) {
  for (Entry& entry : entries) {
    report(entry.done, attempt(entry.job, *lane.connection) ? DbOutcome::ok : DbOutcome::failed);
    entry = Entry{};
  }
}

void Database::run_transaction(Lane& lane, std::vector<Entry>& entries) {
  DbConnection& connection = *lane.connection;
  std::vector<DbOutcome> outcomes(entries.size(), DbOutcome::failed);
  const auto command = [&connection](const char* sql) {
    return attempt([sql](DbConnection& c) { c.execute(sql); }, connection);
  };
  bool good = command("BEGIN IMMEDIATE");
  for (std::size_t i = 0; good && i < entries.size(); ++i) {
    if (!command("SAVEPOINT job")) break;
    if (attempt(entries[i].job, connection)) {
      outcomes[i] = DbOutcome::ok;
    } else {
      good = command("ROLLBACK TO job");
    }
    good = good && command("RELEASE job");
  }
  if (!good || !command("COMMIT")) {
    command("ROLLBACK");
    std::fill(outcomes.begin(), outcomes.end(), DbOutcome::failed);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    report(entries[i].done, outcomes[i]);
    entries[i] = Entry{};
  }
}

}  // namespace gelombang::sandbox
