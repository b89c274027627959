#include "metrics/history/rows.hpp"

#include "base/clock.hpp"
#include "metrics/censored_histogram.hpp"
#include "metrics/history/snapshot_codec.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gelombang {
namespace {

std::int64_t whole(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::int64_t microseconds_of(Duration duration) {
  return std::chrono::round<std::chrono::microseconds>(duration).count();
}

std::optional<std::int64_t> microseconds_of(const std::optional<Estimate>& estimate) {
  if (!estimate) return std::nullopt;
  return microseconds_of(estimate->value);
}

// Appends the names of lower bounds to `bounds`.
StepRow::Percentiles percentiles(const CensoredHistogram& times, std::string_view clock, std::string& bounds) {
  const auto figure = [&](double quantile, std::string_view name) {
    const auto estimate = percentile(times, quantile);
    if (estimate && estimate->lower_bound) bounds += fmt::format("{}{}_{}", bounds.empty() ? "" : " ", clock, name);
    return microseconds_of(estimate);
  };
  return {figure(0.5, "p50"), figure(0.95, "p95"), figure(0.99, "p99")};
}

StepRow::Percentiles percentiles(const Histogram& times) {
  std::string none;
  return percentiles(CensoredHistogram(times, Histogram(times.shared_boundaries())), {}, none);
}

// Binds its values to a statement, one after the other, and executes it.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {
    statement_.reset();
    statement_.clearBindings();
  }
  Row& operator<<(std::int64_t value) {
    statement_.bind(++column_, value);
    return *this;
  }
  Row& operator<<(double value) {
    statement_.bind(++column_, value);
    return *this;
  }
  Row& operator<<(std::string_view value) {
    statement_.bind(++column_, std::string(value));
    return *this;
  }
  Row& operator<<(const std::optional<std::int64_t>& value) {
    if (!value) {
      ++column_;
      return *this;  // stays NULL
    }
    return *this << *value;
  }
  Row& blob(const std::string& value) {
    statement_.bind(++column_, value.data(), static_cast<int>(value.size()));
    return *this;
  }
  void insert() { statement_.exec(); }

 private:
  SQLite::Statement& statement_;
  int column_ = 0;
};

std::string boundaries_text(const LatencyBoundaries& boundaries) {
  std::string text;
  for (const Duration boundary : boundaries.values())
    text += fmt::format("{}{}", text.empty() ? "" : " ", boundary.count());
  return text;
}

constexpr const char* kInsertRun =
    "INSERT INTO run (id, scenario, scenario_path, scenario_sha256, load, target, seed, version, started_at, plan, "
    "boundaries, error_classes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertJourney = "INSERT INTO journey VALUES (?, ?, ?)";
constexpr const char* kInsertStep = "INSERT INTO step VALUES (?, ?, ?, ?)";
constexpr const char* kWithdrawn = "DELETE FROM run WHERE run = ?";
constexpr const char* kStarted = "UPDATE run SET started_at = ? WHERE run = ?";
constexpr const char* kInsertInterval = "INSERT INTO interval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertStepInterval =
    "INSERT INTO step_interval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertError = "INSERT INTO error VALUES (?, ?, ?, ?, ?, ?)";
constexpr const char* kReplaceDimension = "INSERT OR REPLACE INTO dimension VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kReplaceAttempt =
    "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertEvidence =
    "INSERT INTO evidence VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* kInsertAnnotation =
    "INSERT INTO annotation (run, at, offset_seconds, kind, text) VALUES (?, ?, ?, ?, ?)";
constexpr const char* kFinish =
    "UPDATE run SET ended_at = ?, verdict = ?, validity = ?, exit_code = ?, summary = ? WHERE run = ?";

}  // namespace

IntervalRow::IntervalRow(const Interval& interval, std::int64_t its_number, TimePoint epoch)
    : number(its_number),
      begin_seconds(to_seconds(interval.begin)),
      end_seconds(to_seconds(interval.end)),
      rate_asked(interval.rate_asked),
      users(interval.users),
      validity(interval.validity),
      cpu_seconds(interval.cpu_seconds) {
  const Snapshot& delta = interval.delta;
  for (const JourneySnapshot& journey : delta.journeys) {
    started += static_cast<std::int64_t>(journey.started);
    completed += static_cast<std::int64_t>(journey[Outcome::success]);
    dropped += static_cast<std::int64_t>(journey.total_dropped());
  }
  for (std::size_t i = 0; i < delta.steps.size(); ++i) {
    const StepSnapshot& step = delta.steps[i];
    const UnderWay::Step* const waiting = interval.under_way != nullptr ? &interval.under_way->steps[i] : nullptr;
    const std::uint64_t under = waiting != nullptr ? waiting->response_time.count() : 0;
    if (step.steps.total() + step.requests.total() + under == 0) continue;
    StepRow row;
    row.step = static_cast<std::int64_t>(i);
    row.count = static_cast<std::int64_t>(step.steps.finished());
    row.failures = static_cast<std::int64_t>(step.steps.failed());
    row.censored = static_cast<std::int64_t>(step.response_time.censored.count());
    row.requests = static_cast<std::int64_t>(step.requests.total());
    row.under_way = static_cast<std::int64_t>(under);
    CensoredHistogram response = step.response_time;
    CensoredHistogram service = step.service_time;
    if (waiting != nullptr) {
      response.censored.merge(waiting->response_time);
      service.censored.merge(waiting->service_time);
    }
    row.response = percentiles(response, "response", row.lower_bounds);
    row.service = percentiles(service, "service", row.lower_bounds);
    steps.push_back(row);
    for (std::size_t e = 0; e < kErrorClassCount; ++e) {
      if (step.steps.by_error[e] + step.requests.by_error[e] == 0) continue;
      errors.push_back({row.step, name(static_cast<ErrorClass>(e)), static_cast<std::int64_t>(step.steps.by_error[e]),
                        static_cast<std::int64_t>(step.requests.by_error[e])});
    }
  }
  encode(delta, figures);
  if (interval.under_way != nullptr && !interval.under_way->empty()) encode(*interval.under_way, under_way);
  if (interval.details == nullptr) return;
  for (const Attempt& one : interval.details->attempts) {
    attempts.push_back({to_seconds(one.sample.started - epoch), one});
  }
  for (const Evidence& one : interval.details->evidence) {
    evidence.push_back({to_seconds(one.sample.started - epoch), one});
  }
}

std::vector<DimensionRow> DimensionRows::add(const Interval& interval) {
  std::vector<DimensionRow> rows;
  if (interval.details == nullptr) return rows;
  const Duration begin = interval.begin / kGrain * kGrain;
  if (begin != begin_) current_.clear();
  begin_ = begin;
  const Dimensions& fresh = interval.details->dimensions;
  current_.merge(fresh);
  for (std::size_t d = 0; d < kDimensionNames.size(); ++d) {
    for (const Dimensions::Value& value : current_.values(static_cast<Dimension>(d))) {
      const DimensionCell& cell = value.cell;
      DimensionRow row{
          kDimensionNames[d], to_seconds(begin), value.name, whole(cell.count), whole(cell.failures), {}, {}};
      row.time = percentiles(cell.time);
      encode(cell.time, row.figures);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

HistoryRows::HistoryRows(std::unique_ptr<SQLite::Database> database) : database_(std::move(database)) {}

HistoryRows::~HistoryRows() = default;

SQLite::Statement& HistoryRows::prepare(const char* sql) {
  std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
  if (!statement) statement = std::make_unique<SQLite::Statement>(*database_, sql);
  return *statement;
}

void HistoryRows::begin() { database_->exec("BEGIN IMMEDIATE"); }

void HistoryRows::commit() { database_->exec("COMMIT"); }

void HistoryRows::rollback() noexcept {
  for (auto& [sql, statement] : statements_) statement->tryReset();
  // If the rollback fails, there is nothing to roll back.
  database_->tryExec("ROLLBACK");
}

void HistoryRows::write(const RunStart& start) {
  Row run(prepare(kInsertRun));
  run << start.id << start.scenario << start.scenario_path << start.scenario_sha256 << start.load << start.target
      << whole(start.seed) << start.version << unix_seconds(start.started_at) << start.plan
      << boundaries_text(*start.layout->boundaries) << StoredErrorClasses::names();
  run.insert();
  run_ = database_->getLastInsertRowid();
  const Catalog& catalog = start.layout->catalog;
  for (std::size_t i = 0; i < catalog.journeys.size(); ++i) {
    (Row(prepare(kInsertJourney)) << run_ << whole(i) << catalog.journeys[i]).insert();
  }
  for (std::size_t i = 0; i < catalog.steps.size(); ++i) {
    (Row(prepare(kInsertStep)) << run_ << whole(i) << whole(catalog.steps[i].journey) << catalog.steps[i].name)
        .insert();
  }
}

void HistoryRows::started(WallTime at) { (Row(prepare(kStarted)) << unix_seconds(at) << run_).insert(); }

void HistoryRows::withdraw() { (Row(prepare(kWithdrawn)) << run_).insert(); }

void HistoryRows::write(const IntervalRow& row) {
  Row interval(prepare(kInsertInterval));
  interval << run_ << row.number << row.begin_seconds << row.end_seconds << row.rate_asked;
  for (const std::uint64_t users : row.users) interval << whole(users);
  interval << kValidityStateNames[static_cast<std::size_t>(row.validity)] << row.cpu_seconds << row.started
           << row.completed << row.dropped;
  interval.blob(packed(row.figures));
  if (row.under_way.empty()) {
    interval << std::optional<std::int64_t>();
  } else {
    interval.blob(packed(row.under_way));
  }
  interval.insert();
  for (const StepRow& step : row.steps) {
    Row one(prepare(kInsertStepInterval));
    one << run_ << row.number << step.step << step.count << step.failures << step.censored << step.requests;
    for (const StepRow::Percentiles& times : {step.response, step.service}) one << times.p50 << times.p95 << times.p99;
    one << step.under_way << step.lower_bounds;
    one.insert();
  }
  for (const ErrorRow& error : row.errors) {
    (Row(prepare(kInsertError)) << run_ << row.number << error.step << error.name << error.steps << error.requests)
        .insert();
  }
  write_traces(row);
}

void HistoryRows::write_traces(const IntervalRow& row) {
  const auto add_sample = [](Row& to, double offset, StepId step, unsigned tries, const RequestSample& sample) {
    to << offset << whole(step) << whole(tries) << static_cast<std::int64_t>(sample.status)
       << kOutcomeNames[static_cast<std::size_t>(sample.outcome)] << name(sample.error)
       << microseconds_of(sample.service_time);
    for (const Duration phase : sample.phases) {
      to << (phase == RequestSample::kNotReached ? std::nullopt : std::optional(microseconds_of(phase)));
    }
    to << whole(sample.bytes_sent) << whole(sample.bytes_received)
       << static_cast<std::int64_t>(sample.new_connection ? 1 : 0) << remote_text(sample.remote);
  };
  for (const DimensionRow& dimension : row.dimensions) {
    Row one(prepare(kReplaceDimension));
    one << run_ << dimension.name << dimension.begin_seconds << dimension.value << dimension.count << dimension.failures
        << dimension.time.p50 << dimension.time.p95 << dimension.time.p99;
    one.blob(dimension.figures).insert();
  }
  for (const auto& [offset, attempt] : row.attempts) {
    Row one(prepare(kReplaceAttempt));
    one << run_ << whole(attempt.slot);
    add_sample(one, offset, attempt.step, attempt.tries, attempt.sample);
    one.insert();
  }
  for (const auto& [offset, evidence] : row.evidence) {
    Row one(prepare(kInsertEvidence));
    one << run_;
    add_sample(one, offset, evidence.step, evidence.tries, evidence.sample);
    one << evidence.method << evidence.url << evidence.headers << evidence.body << evidence.detail;
    one.insert();
  }
}

void HistoryRows::write(const Annotation& annotation) {
  (Row(prepare(kInsertAnnotation)) << run_ << unix_seconds(annotation.at) << to_seconds(annotation.offset)
                                   << annotation.kind << annotation.text)
      .insert();
}

void HistoryRows::write(const RunEnd& end) {
  (Row(prepare(kFinish)) << unix_seconds(end.ended_at) << end.verdict << end.validity
                         << static_cast<std::int64_t>(end.exit_code) << end.summary << run_)
      .insert();
}

}  // namespace gelombang
