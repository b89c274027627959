#include "metrics/history/file.hpp"

#include "metrics/history/reader.hpp"
#include "metrics/history/schema.hpp"
#include "metrics/history/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

using namespace gelombang;
using test::read_file;
using test::write_file;

namespace {

// Written by sqlite3's .dump when the schema had its first version.
const std::string kFirstVersion = std::string(GELOMBANG_SOURCE_DIR) + "/tests/metrics/history/history_v1.sql";

void make_first_version(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(read_file(kFirstVersion));
}

std::string refusal(const std::string& path) {
  const std::string before = read_file(path);
  const auto read = open_history(path);
  const auto written = open_history_to_write(path);
  CHECK(read_file(path) == before);
  REQUIRE(read.has_error());
  REQUIRE(written.has_error());
  CHECK(read.error().message == written.error().message);
  return read.error().message;
}

RunStart some_run() {
  RunStart start;
  start.id = "later";
  start.plan = "{}";
  start.layout = make_layout(Catalog{{"j"}, {{0, "a"}}});
  return start;
}

}  // namespace

TEST_CASE("history file: one of the first version is read, brought up to date by who writes, and loses nothing",
          "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  for (const bool by_reader : {true, false}) {
    make_first_version(path);
    if (!by_reader) REQUIRE(HistoryWriter::open(path, some_run()).has_value());
    auto reader = HistoryReader::open(path).value();
    const RunRecord run = reader->run("20261124-051200-0001").value();
    CHECK(run.verdict == "pass");
    const Snapshot totals = reader->totals(run).value();
    CHECK(totals.steps[0].steps.finished() == 6);
    CHECK(totals.journeys[0].started == 6);
    std::size_t details = 0;
    REQUIRE(reader->dimensions(run, [&](const DimensionSlice&) { ++details; }).has_value());
    REQUIRE(reader->evidence(run, [&](const EvidenceRecord&) { ++details; }).has_value());
    CHECK(details == 0);
    SQLite::Database database(path);
    // A reader leaves the file unchanged: an older version may be writing to it.
    CHECK(database.execAndGet("PRAGMA user_version").getInt() == (by_reader ? 1 : history_version()));
    reader.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((path + suffix).c_str());
  }
}

TEST_CASE("history file: each migration follows the one before, all or none", "[unit]") {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  const std::array<const char*, 3> three{
      "CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)", "UPDATE a SET y = y + 1"};
  migrate(database, Migrations(three).first(1));
  CHECK(database.execAndGet("PRAGMA user_version").getInt() == 1);
  migrate(database, three);
  migrate(database, three);
  CHECK(database.execAndGet("SELECT y FROM a").getInt() == 3);
  CHECK(database.execAndGet("PRAGMA user_version").getInt() == 3);
  const std::array<const char*, 5> broken{three[0], three[1], three[2], "CREATE TABLE b (x)",
                                          "UPDATE nothing SET x = 1"};
  CHECK_THROWS_AS(migrate(database, broken), SQLite::Exception);
  CHECK_FALSE(database.tableExists("b"));
  CHECK(database.execAndGet("PRAGMA user_version").getInt() == 3);
}

TEST_CASE("history file: what is damaged, newer or another's is refused in one line and left untouched", "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  write_file(path, "short");
  CHECK(refusal(path) == path + " is not a history of gelombang; it was left as it is");
  write_file(path, std::string(5000, 'x'));
  CHECK(refusal(path) == path + " is not a history of gelombang; it was left as it is");

  make_first_version(directory.file("good"));
  const std::string good = read_file(directory.file("good"));
  write_file(path, good.substr(0, good.size() - 5000));
  CHECK(refusal(path) == path + " is damaged: it is shorter than its header says; it was left as it is");
  // The first page's list of tables.
  std::string torn = good;
  for (std::size_t i = 100; i < 3000; ++i) torn[i] = '\x55';
  write_file(path, torn);
  CHECK(refusal(path).find(path + " is damaged: ") == 0);

  write_file(path, good);
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  CHECK(refusal(path) == path + " was written by a newer gelombang (schema 99, this one knows " +
                             std::to_string(history_version()) + "); it was left as it is");
  write_file(path, good);
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA application_id = 7");
  CHECK(refusal(path) == path + " is not a history of gelombang; it was left as it is");
  CHECK(open_history(directory.path()).error().message == directory.path() + " is not a file");
}

TEST_CASE("history file: one that another run is just making is waited for", "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  const std::string made = directory.file("made");
  make_first_version(made);
  for (const auto& open : {open_history, open_history_to_write}) {
    write_file(path, std::string(4096, '\0'));  // the first page is written last
    write_file(path + "-journal", std::string(1, '\0'));
    std::thread maker([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      std::filesystem::copy_file(made, path + "-next");
      // The same order as in SQLite: the journal is removed before the lock.
      SQLite::Database holder(path + "-next", SQLite::OPEN_READWRITE);
      holder.exec("BEGIN EXCLUSIVE");
      std::filesystem::rename(path + "-next", path);
      std::filesystem::remove(path + "-journal");
      holder.exec("COMMIT");
    });
    const auto opened = open(path);
    maker.join();
    CHECK((opened.has_value() ? "" : opened.error().message) == "");
  }
}

TEST_CASE("history file: one with a torn page anywhere is not written to", "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  make_first_version(path);
  { REQUIRE(HistoryWriter::open(path, some_run()).has_value()); }
  const std::string good = read_file(path);
  constexpr std::size_t kPage = 4096;
  REQUIRE(good.size() > 10 * kPage);
  for (std::size_t page = 2; page < good.size() / kPage; ++page) {
    CAPTURE(page);
    std::string torn = good;
    for (std::size_t i = page * kPage; i < (page + 1) * kPage; ++i) torn[i] = '\x55';
    write_file(path, torn);
    const auto opened = open_history_to_write(path);
    REQUIRE(opened.has_error());
    CHECK(opened.error().message.find(path + " is damaged: ") == 0);
    CHECK(opened.error().message.find('\n') == std::string::npos);
    CHECK(read_file(path) == torn);
  }
}

TEST_CASE("history file: damage in the middle shows when it is read, as one line", "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  make_first_version(path);
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE interval SET figures = x'0503' WHERE number = 0");
  }
  const auto reader = HistoryReader::open(path).value();
  const RunRecord run = reader->run(reader->find("last").value()).value();
  CHECK(reader->totals(run).error().message ==
        path + " is damaged: the rows of run " + run.id + " contradict each other; it was left as it is");
}

TEST_CASE("history file: an empty file becomes a history, a missing one is not made by reading", "[unit]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("history.sqlite");
  CHECK(open_history(path).error().message == path + ": there is no history yet");
  write_file(path, "");
  CHECK(open_history(path).error().message == path + " is empty: it holds no run");
  CHECK(HistoryWriter::open(path, some_run()).has_value());
  CHECK(HistoryReader::open(path).value()->runs().value().size() == 1);
}
