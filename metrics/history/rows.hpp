// The rows that a run adds to a history file, and how they are written. docs/history.md explains them.
#pragma once

#include "metrics/annotation.hpp"
#include "metrics/history/writer.hpp"
#include "metrics/sampled_details.hpp"
#include "metrics/thresholds/interval.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace gelombang {

struct StepRow {
  // Microseconds; nothing if nothing was timed.
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
  std::int64_t under_way = 0;  // at the interval's end
  std::string lower_bounds;    // the columns whose figure is only a lower bound, separated by blanks
};

struct DimensionRow {
  std::string_view name;
  double begin_seconds = 0;
  std::string value;
  std::int64_t count = 0;
  std::int64_t failures = 0;
  StepRow::Percentiles time;
  std::string figures;  // encoded
};

// A request, with its start since the schedule's start.
struct AttemptRow {
  double offset_seconds = 0;
  Attempt attempt;
};
struct EvidenceRow {
  double offset_seconds = 0;
  Evidence evidence;
};

struct ErrorRow {
  std::int64_t step = 0;
  std::string_view name;
  std::int64_t steps = 0;
  std::int64_t requests = 0;
};

struct IntervalRow {
  // `epoch`: the start of the schedule, on the clock of the samples.
  IntervalRow(const Interval& interval, std::int64_t number, TimePoint epoch);

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
  std::string figures;    // encoded, to be packed
  std::string under_way;  // likewise; empty if nobody is under way, or if that was not recorded
  std::vector<StepRow> steps;
  std::vector<ErrorRow> errors;
  std::vector<DimensionRow> dimensions;  // the current state; replaces the earlier rows
  std::vector<AttemptRow> attempts;
  std::vector<EvidenceRow> evidence;
};

// The dimensions of the current ten seconds. Each of their rows is rewritten every second.
class DimensionRows {
 public:
  static constexpr Duration kGrain = std::chrono::seconds(10);

  explicit DimensionRows(std::shared_ptr<const LatencyBoundaries> boundaries) : current_(std::move(boundaries)) {}
  // The rows that an interval changes.
  std::vector<DimensionRow> add(const Interval& interval);

 private:
  Duration begin_{};
  Dimensions current_;
};

// Writes the rows of one run. Every call throws SQLite::Exception on failure.
class HistoryRows {
 public:
  explicit HistoryRows(std::unique_ptr<SQLite::Database> database);
  ~HistoryRows();
  HistoryRows(const HistoryRows&) = delete;
  HistoryRows& operator=(const HistoryRows&) = delete;

  void begin();
  void commit();
  // Discards everything since begin(). Never throws.
  void rollback() noexcept;

  // Must come first.
  void write(const RunStart& start);
  void started(WallTime at);
  void withdraw();
  void write(const IntervalRow& row);
  void write(const Annotation& annotation);
  void write(const RunEnd& end);

 private:
  void write_traces(const IntervalRow& row);
  SQLite::Statement& prepare(const char* sql);

  std::unique_ptr<SQLite::Database> database_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> statements_;  // by the address of their text
  std::int64_t run_ = 0;
};

}  // namespace gelombang
