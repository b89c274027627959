// The rows that a run adds to a history file, and how they are written. docs/history.md explains them.
#pragma once

#include "metrics/annotation.hpp"
#include "metrics/history_writer.hpp"
#include "metrics/interval.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace gelombang {

struct StepRow {
  // Microseconds; nothing where nothing was timed.
  struct Percentiles {
    std::optional<std::int64_t> p50, p95, p99;
  };
  std::int64_t step = 0;
  std::int64_t count = 0;
  std::int64_t failures = 0;
  std::int64_t censored = 0;
  std::int64_t requests = 0;
  Percentiles response;
  Percentiles service;
};

struct ErrorRow {
  std::int64_t step = 0;
  std::string_view name;
  std::int64_t steps = 0;
  std::int64_t requests = 0;
};

struct IntervalRow {
  IntervalRow(const Interval& interval, std::int64_t number);

  std::int64_t number;
  double begin_seconds;
  double end_seconds;
  double rate_asked;
  UsersByState users;
  ValidityState validity;
  double cpu_seconds;
  std::int64_t started = 0;
  std::int64_t completed = 0;
  std::int64_t dropped = 0;
  std::string figures;  // encoded, to be packed
  std::vector<StepRow> steps;
  std::vector<ErrorRow> errors;
};

// Writes the rows of one run; every call throws SQLite::Exception where it fails.
class HistoryRows {
 public:
  explicit HistoryRows(std::unique_ptr<SQLite::Database> database);
  ~HistoryRows();
  HistoryRows(const HistoryRows&) = delete;
  HistoryRows& operator=(const HistoryRows&) = delete;

  void begin();
  void commit();
  // Forgets what came since begin(); never throws.
  void rollback() noexcept;

  // First of all.
  void write(const RunStart& start);
  void started(WallTime at);
  void write(const IntervalRow& row);
  void write(const Annotation& annotation);
  void write(const RunEnd& end);

 private:
  SQLite::Statement& prepare(const char* sql);

  std::unique_ptr<SQLite::Database> database_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> statements_;  // by their text's place
  std::int64_t run_ = 0;
};

}  // namespace gelombang
