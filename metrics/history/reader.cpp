#include "metrics/history/reader.hpp"

#include "metrics/history/file.hpp"
#include "metrics/history/snapshot_codec.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

// A writer commits about once a second.
constexpr Duration kLately = 10s;
constexpr std::size_t kMostFigures = std::size_t{64} << 20;  // of one interval, unpacked
constexpr std::size_t kMostSteps = 100'000;

WallTime wall_time(double unix_seconds) { return WallTime(from_seconds(unix_seconds)); }

std::string_view blob(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

// For content that no writer can have left.
Error contradictory(const std::string& path, const std::string& id) {
  return Error{fmt::format("{} is damaged: the rows of run {} contradict each other; it was left as it is", path, id)};
}

Result<LatencyBoundaries> boundaries_from(const std::string& text) {
  std::vector<Duration> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && values.size() <= LatencyBoundaries::kMaximum) {
    std::int64_t value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec != std::errc()) return Error{"no number"};
    values.emplace_back(value);
    at = read.ptr != end && *read.ptr == ' ' ? read.ptr + 1 : read.ptr;
  }
  return LatencyBoundaries::exactly(std::move(values));
}

ValidityState validity_from(std::string_view name) {
  const auto* const found = std::find(kValidityStateNames.begin(), kValidityStateNames.end(), name);
  return found == kValidityStateNames.end() ? ValidityState::invalid
                                            : static_cast<ValidityState>(found - kValidityStateNames.begin());
}

constexpr const char* kHead =
    "SELECT id, scenario, load, target, version, seed, started_at, ended_at, "
    "coalesce((SELECT end_seconds FROM interval WHERE interval.run = run.run ORDER BY number DESC LIMIT 1), 0), "
    "verdict, validity, exit_code, "
    "run, scenario_path, scenario_sha256, plan, summary, boundaries, error_classes FROM run ";

RunHead head_of(SQLite::Statement& row, WallTime now) {
  RunHead head;
  head.id = row.getColumn(0).getString();
  head.scenario = row.getColumn(1).getString();
  head.load = row.getColumn(2).getString();
  head.target = row.getColumn(3).getString();
  head.version = row.getColumn(4).getString();
  head.seed = static_cast<std::uint64_t>(row.getColumn(5).getInt64());
  head.started_at = wall_time(row.getColumn(6).getDouble());
  head.recorded = from_seconds(row.getColumn(8).getDouble());
  head.verdict = row.getColumn(9).getString();
  head.validity = row.getColumn(10).getString();
  if (!row.getColumn(11).isNull()) head.exit_code = row.getColumn(11).getInt();
  if (!row.getColumn(7).isNull()) {
    head.ended_at = wall_time(row.getColumn(7).getDouble());
  } else {
    head.state = head.started_at + head.recorded + kLately > now ? RunState::under_way : RunState::cut_off;
  }
  return head;
}

constexpr const char* kSampleColumns =
    "offset_seconds, step, tries, status, outcome, error, service_us, dns_us, connect_us, tls_us, send_us, wait_us, "
    "receive_us, bytes_sent, bytes_received, new_connection, remote";
constexpr int kSampleColumnCount = 17;

// False if no run can have left such a row.
bool read_sample(SQLite::Statement& row, const MetricsLayout& layout, AttemptRecord& record) {
  const auto whole = [&row](int column) { return row.getColumn(column).getInt64(); };
  record.offset = from_seconds(row.getColumn(0).getDouble());
  const std::string outcome = row.getColumn(4).getString();
  const auto* const known = std::find(kOutcomeNames.begin(), kOutcomeNames.end(), outcome);
  const auto error = error_class_from_name(row.getColumn(5).getString());
  if (known == kOutcomeNames.end() || !error || whole(1) < 0 ||
      whole(1) >= static_cast<std::int64_t>(layout.catalog.steps.size())) {
    return false;
  }
  record.step = static_cast<StepId>(whole(1));
  record.tries = static_cast<unsigned>(whole(2));
  RequestSample& sample = record.sample;
  sample.status = static_cast<int>(whole(3));
  sample.outcome = static_cast<Outcome>(known - kOutcomeNames.begin());
  sample.error = *error;
  sample.service_time = std::chrono::microseconds(whole(6));
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const auto column = static_cast<int>(7 + i);
    sample.phases[i] = row.getColumn(column).isNull() ? RequestSample::kNotReached
                                                      : Duration(std::chrono::microseconds(whole(column)));
  }
  sample.bytes_sent = static_cast<std::uint64_t>(whole(13));
  sample.bytes_received = static_cast<std::uint64_t>(whole(14));
  sample.new_connection = whole(15) != 0;
  record.remote = row.getColumn(16).getString();
  return true;
}

}  // namespace

class HistoryReader::Impl {
 public:
  explicit Impl(std::unique_ptr<SQLite::Database> opened) : database(std::move(opened)) {}

  // The run's key; the rest of its row goes to `record`. Nothing if there is no such run.
  std::optional<std::int64_t> read(const std::string& id, RunRecord& record, std::string& error_classes,
                                   std::string& boundaries) const {
    SQLite::Statement row(*database, std::string(kHead) + "WHERE id = ?");
    row.bind(1, id);
    if (!row.executeStep()) return std::nullopt;
    static_cast<RunHead&>(record) = head_of(row, SystemClock().wall_now());
    record.scenario_path = row.getColumn(13).getString();
    record.scenario_sha256 = row.getColumn(14).getString();
    record.plan = row.getColumn(15).getString();
    record.summary = row.getColumn(16).getString();
    boundaries = row.getColumn(17).getString();
    error_classes = row.getColumn(18).getString();
    return row.getColumn(12).getInt64();
  }

  // Nothing if the rows contradict each other.
  [[nodiscard]] std::optional<Catalog> catalog(std::int64_t run) const {
    Catalog catalog;
    SQLite::Statement journeys(*database, "SELECT journey, name FROM journey WHERE run = ? ORDER BY journey");
    journeys.bind(1, run);
    while (journeys.executeStep()) {
      if (journeys.getColumn(0).getInt64() != static_cast<std::int64_t>(catalog.journeys.size())) return std::nullopt;
      catalog.journeys.push_back(journeys.getColumn(1).getString());
    }
    SQLite::Statement steps(*database, "SELECT step, journey, name FROM step WHERE run = ? ORDER BY step");
    steps.bind(1, run);
    while (steps.executeStep()) {
      const std::int64_t journey = steps.getColumn(1).getInt64();
      if (steps.getColumn(0).getInt64() != static_cast<std::int64_t>(catalog.steps.size()) || journey < 0 ||
          journey >= static_cast<std::int64_t>(catalog.journeys.size()) || catalog.steps.size() >= kMostSteps) {
        return std::nullopt;
      }
      catalog.steps.push_back({static_cast<JourneyId>(journey), steps.getColumn(2).getString()});
    }
    return catalog;
  }

  [[nodiscard]] std::vector<Annotation> annotations(std::int64_t run) const {
    std::vector<Annotation> annotations;
    SQLite::Statement rows(*database,
                           "SELECT at, offset_seconds, kind, text FROM annotation WHERE run = ? ORDER BY annotation");
    rows.bind(1, run);
    while (rows.executeStep()) {
      annotations.push_back({wall_time(rows.getColumn(0).getDouble()), from_seconds(rows.getColumn(1).getDouble()),
                             rows.getColumn(2).getString(), rows.getColumn(3).getString()});
    }
    return annotations;
  }

  std::unique_ptr<SQLite::Database> database;
};

HistoryReader::HistoryReader(std::string path, std::unique_ptr<Impl> impl)
    : path_(std::move(path)), impl_(std::move(impl)) {}

HistoryReader::~HistoryReader() = default;

Result<std::unique_ptr<HistoryReader>> HistoryReader::open(const std::string& path) {
  auto database = open_history(path);
  if (!database) return database.error();
  return std::unique_ptr<HistoryReader>(new HistoryReader(path, std::make_unique<Impl>(std::move(*database))));
}

Result<std::vector<RunHead>> HistoryReader::runs() {
  try {
    std::vector<RunHead> heads;
    const WallTime now = SystemClock().wall_now();
    SQLite::Statement rows(*impl_->database, std::string(kHead) + "ORDER BY started_at, run");
    while (rows.executeStep()) heads.push_back(head_of(rows, now));
    return heads;
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<std::string> HistoryReader::find(std::string_view wanted) {
  try {
    if (wanted == "last") {
      SQLite::Statement newest(*impl_->database, "SELECT id FROM run ORDER BY started_at DESC, run DESC LIMIT 1");
      if (newest.executeStep()) return {boost::system::in_place_value, newest.getColumn(0).getString()};
      return Error{path_ + " holds no run"};
    }
    SQLite::Statement fits(
        *impl_->database,
        "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY length(id) > length(?1), id");
    fits.bind(1, std::string(wanted));
    std::vector<std::string> ids;
    while (!wanted.empty() && fits.executeStep()) ids.push_back(fits.getColumn(0).getString());
    if (ids.empty()) {
      return Error{fmt::format("no run '{}' in {}: see gelombang history list", wanted, path_)};
    }
    if (ids.size() > 1 && ids.front() != wanted) {
      return Error{fmt::format("'{}' fits {} runs, such as {} and {}: give more characters of the id", wanted,
                               ids.size(), ids[0], ids[1])};
    }
    return {boost::system::in_place_value, std::move(ids.front())};
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<RunRecord> HistoryReader::run(const std::string& id) {
  try {
    RunRecord record;
    std::string classes;
    std::string boundaries_text;
    const auto key = impl_->read(id, record, classes, boundaries_text);
    if (!key) return Error{fmt::format("no run '{}' in {}: see gelombang history list", id, path_)};
    auto catalog = impl_->catalog(*key);
    auto boundaries = boundaries_from(boundaries_text);
    if (!catalog || !boundaries) return contradictory(path_, id);
    record.layout = make_layout(std::move(*catalog), std::move(*boundaries));
    record.annotations = impl_->annotations(*key);
    return record;
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<void> HistoryReader::intervals(const RunRecord& run, const std::function<void(const Interval&)>& visitor) {
  try {
    // A file that cannot be written has the columns of the version that made it.
    const bool kept =
        impl_->database->execAndGet("SELECT count(*) FROM pragma_table_info('interval') WHERE name = 'under_way'")
            .getInt() > 0;
    SQLite::Statement rows(
        *impl_->database,
        fmt::format("SELECT begin_seconds, end_seconds, rate_asked, users_requesting, users_pausing, users_idle, "
                    "users_retrying, interval.validity, cpu_seconds, figures, error_classes, {} "
                    "FROM interval JOIN run USING (run) WHERE id = ? ORDER BY number",
                    kept ? "under_way" : "NULL"));
    rows.bind(1, run.id);
    std::optional<StoredErrorClasses> classes;
    Snapshot delta(run.layout);
    UnderWay under_way(*run.layout);
    while (rows.executeStep()) {
      if (!classes) {
        const auto stored = StoredErrorClasses::from_names(rows.getColumn(10).getString());
        if (!stored) return Error{fmt::format("{}: run {} names {}", path_, run.id, stored.error().message)};
        classes = *stored;
      }
      const auto figures = unpacked(blob(rows.getColumn(9)), kMostFigures);
      if (!figures || !decode(*figures, *classes, delta)) return contradictory(path_, run.id);
      const bool nobody = rows.getColumn(11).isNull();
      if (!nobody) {
        const auto waiting = unpacked(blob(rows.getColumn(11)), kMostFigures);
        if (!waiting || !decode(*waiting, under_way)) return contradictory(path_, run.id);
      }
      UsersByState users{};
      for (std::size_t i = 0; i < users.size(); ++i) {
        users[i] = static_cast<std::uint64_t>(rows.getColumn(static_cast<int>(3 + i)).getInt64());
      }
      visitor({from_seconds(rows.getColumn(0).getDouble()), from_seconds(rows.getColumn(1).getDouble()),
               rows.getColumn(2).getDouble(), users, validity_from(rows.getColumn(7).getString()),
               rows.getColumn(8).getDouble(), delta, nullptr, nobody ? nullptr : &under_way});
    }
    return {};
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<void> HistoryReader::dimensions(const RunRecord& run,
                                       const std::function<void(const DimensionSlice&)>& visitor) {
  try {
    SQLite::Statement rows(
        *impl_->database,
        "SELECT begin_seconds, name, value, count, failures, figures FROM dimension JOIN run USING (run) "
        "WHERE id = ? ORDER BY name, begin_seconds, value");
    rows.bind(1, run.id);
    DimensionCell cell(run.layout->boundaries);
    while (rows.executeStep()) {
      if (!decode(blob(rows.getColumn(5)), cell.time)) return contradictory(path_, run.id);
      cell.count = static_cast<std::uint64_t>(rows.getColumn(3).getInt64());
      cell.failures = static_cast<std::uint64_t>(rows.getColumn(4).getInt64());
      const std::string name = rows.getColumn(1).getString();
      const std::string value = rows.getColumn(2).getString();
      visitor({from_seconds(rows.getColumn(0).getDouble()), name, value, cell});
    }
    return {};
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<void> HistoryReader::attempts(const RunRecord& run, const std::function<void(const AttemptRecord&)>& visitor) {
  try {
    SQLite::Statement rows(*impl_->database, fmt::format("SELECT {} FROM attempt JOIN run USING (run) WHERE id = ? "
                                                         "ORDER BY offset_seconds",
                                                         kSampleColumns));
    rows.bind(1, run.id);
    AttemptRecord record;
    while (rows.executeStep()) {
      if (!read_sample(rows, *run.layout, record)) return contradictory(path_, run.id);
      visitor(record);
    }
    return {};
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<void> HistoryReader::evidence(const RunRecord& run, const std::function<void(const EvidenceRecord&)>& visitor) {
  try {
    SQLite::Statement rows(
        *impl_->database,
        fmt::format("SELECT {}, method, url, headers, body, detail FROM evidence JOIN run USING (run) WHERE id = ? "
                    "ORDER BY evidence",
                    kSampleColumns));
    rows.bind(1, run.id);
    EvidenceRecord record;
    while (rows.executeStep()) {
      if (!read_sample(rows, *run.layout, record)) return contradictory(path_, run.id);
      int column = kSampleColumnCount;
      for (std::string* text : {&record.method, &record.url, &record.headers, &record.body, &record.detail}) {
        *text = rows.getColumn(column++).getString();
      }
      visitor(record);
    }
    return {};
  } catch (const SQLite::Exception& fault) {
    return history_error(path_, fault);
  }
}

Result<Snapshot> HistoryReader::totals(const RunRecord& run) {
  Snapshot totals(run.layout);
  const auto read = intervals(run, [&totals](const Interval& interval) { totals.merge(interval.delta); });
  if (!read) return read.error();
  return totals;
}

}  // namespace gelombang
