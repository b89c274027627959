#include "engine/load/rate_recording.hpp"

#include "base/json_writer.hpp"
#include "engine/load/line_reader.hpp"
#include "engine/load/recorded_time.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace gelombang {
namespace {

constexpr std::size_t kMostRows = 131072;
constexpr std::size_t kMostFields = 64;
constexpr double kMostArrivals = 1e15;
constexpr Duration kTenYears = std::chrono::hours(24 * 3650);

using Columns = std::vector<std::string>;

// libcsv has trimmed the fields. Fields beyond kMostFields are not needed.
void on_field(void* text, std::size_t length, void* context) {
  auto& fields = *static_cast<Columns*>(context);
  if (fields.size() < kMostFields) fields.emplace_back(static_cast<const char*>(text), length);
}

bool split(std::string_view line, Columns& fields) {
  csv_parser parser{};
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  const bool good = csv_parse(&parser, line.data(), line.size(), on_field, nullptr, &fields) == line.size() &&
                    csv_fini(&parser, on_field, nullptr, &fields) == 0;
  csv_free(&parser);
  return good;
}

std::optional<double> parse_count(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= 0 && value <= kMostArrivals)) return std::nullopt;
  return value;
}

// The index of the column of that name, ignoring case; kMostFields if there is none or several.
std::size_t column_of(const Columns& fields, std::string_view name) {
  const auto same = [name](const std::string& field) {
    return std::equal(field.begin(), field.end(), name.begin(), name.end(),
                      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  };
  if (std::count_if(fields.begin(), fields.end(), same) != 1) return kMostFields;
  return static_cast<std::size_t>(std::find_if(fields.begin(), fields.end(), same) - fields.begin());
}

// A word, not a time or a number.
bool is_word(const std::string& field) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return !field.empty() && letter(field.front()) && !parse_recorded_time(field) && !parse_count(field);
}

// Rows in the order of their times, in bounded memory.
class RowList {
 public:
  // Returns false if the time goes back.
  bool add(const RateRow& row) {
    if (rows_.empty()) {
      rows_.push_back(row);
      last_ = row.time;
      return true;
    }
    if (row.time < last_) return false;
    if (row.time == last_) {
      rows_.back().count += row.count;
      return true;
    }
    last_gap_ = row.time - last_;
    last_ = row.time;
    if (pending_ < per_row_) {
      rows_.back().count += row.count;
      ++pending_;
      return true;
    }
    if (rows_.size() == kMostRows) halve();
    rows_.push_back(row);
    pending_ = 1;
    return true;
  }

  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] bool single() const noexcept { return last_gap_ == Duration::zero(); }
  [[nodiscard]] Duration length() const noexcept { return last_ - rows_.front().time + last_gap_; }

  // The last row lasts as long as the one before it.
  [[nodiscard]] Intensity intensity() const {
    Intensity intensity;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Duration end = i + 1 < rows_.size() ? rows_[i + 1].time : last_ + last_gap_;
      const Duration length = end - rows_[i].time;
      const Rate rate = Rate::per_second(rows_[i].count / to_seconds(length));
      intensity.add_piece(length, rate, rate);
    }
    return intensity;
  }

 private:
  void halve() {
    for (std::size_t i = 0; i < rows_.size(); i += 2) {
      rows_[i / 2] = rows_[i];
      rows_[i / 2].count += rows_[i + 1].count;
    }
    rows_.resize(rows_.size() / 2);
    per_row_ *= 2;
  }

  std::vector<RateRow> rows_;
  Duration last_{};
  Duration last_gap_{};
  std::uint64_t per_row_ = 1;  // rows of the file in one stored row
  std::uint64_t pending_ = 1;  // in the newest stored row
};

}  // namespace

bool RateCsvParser::read_header(const Fields& fields, std::string_view& problem) {
  const std::size_t time = column_of(fields, "time");
  const std::size_t count = column_of(fields, "count");
  if (time < kMostFields && count < kMostFields) {
    columns_ = fields.size();
    time_column_ = time;
    count_column_ = count;
    return true;
  }
  foreign_ = fields.size() > 1 && std::all_of(fields.begin(), fields.end(), is_word);
  if (foreign_) problem = "a header without one column time and one column count";
  return foreign_;
}

std::optional<RateRow> RateCsvParser::parse(std::string_view line, std::string_view& problem) {
  problem = {};
  Fields fields;
  if (!split(line, fields)) {
    problem = "a stray quote";
    return std::nullopt;
  }
  if (fields.empty()) return std::nullopt;
  if (!std::exchange(started_, true) && read_header(fields, problem)) return std::nullopt;
  if (fields.size() <= std::max(time_column_, count_column_)) {
    problem = "no time,count";
    return std::nullopt;
  }
  if (fields.size() != columns_) {
    problem = columns_ == 2 ? "more than time,count" : "another number of fields than in the header";
    return std::nullopt;
  }
  const auto time = parse_recorded_time(fields[time_column_]);
  if (!time) {
    problem = "no time such as 1614834000 or 2021-03-04T12:00:00+07:00";
    return std::nullopt;
  }
  const auto count = parse_count(fields[count_column_]);
  if (!count) {
    problem = "no count of 0 to 1e15";
    return std::nullopt;
  }
  return RateRow{*time, *count};
}

Result<Intensity> read_rate_csv(const NamedFile& file, std::vector<std::string>& notes) {
  auto reader = LineReader::open(file);
  if (!reader) return reader.error();
  const std::string path = printable(file.path());
  RateCsvParser parser;
  RowList rows;
  SkippedLines broken;
  SkippedLines backwards;
  std::uint64_t good = 0;
  std::uint64_t lines = 0;
  while (const auto line = reader->next()) {
    ++lines;
    std::string_view problem = "a line of more than 16 KB";
    const auto row = line->cut ? std::nullopt : parser.parse(line->text, problem);
    if (!row) {
      if (!problem.empty()) broken.add(*line, problem);
      if (parser.foreign_header()) break;
    } else if (rows.add(*row)) {
      ++good;
    } else {
      backwards.add(*line, "goes back in time");
    }
    if (broken.count() + backwards.count() > good + kHopeless) break;
  }
  if (reader->failure()) return *reader->failure();
  if (broken.count() + backwards.count() > good) {
    if (broken.count() == 0) return Error{backwards.first(path) + ": expected rows in the order of their times"};
    return Error{broken.first(path) + ": expected rows of time,count"};
  }
  if (rows.empty() || rows.single()) {
    return Error{fmt::format("{}: {} of time,count: expected at least two, with different times", path,
                             rows.empty() ? "no rows" : "one row")};
  }
  if (rows.length() > kTenYears) return Error{fmt::format("{}: it lasts longer than ten years", path)};
  Intensity intensity = rows.intensity();
  if (intensity.total() == 0) return Error{fmt::format("{}: no arrivals: every count is 0", path)};
  for (const auto& [skipped, what] : {std::pair(&broken, "broken"), std::pair(&backwards, "going back in time")}) {
    if (skipped->count() == 0) continue;
    notes.push_back(left_out(*skipped, what, lines, path));
  }
  return intensity;
}

Result<Intensity> rate_of_points(const std::vector<RatePoint>& points, std::string_view query) {
  Intensity intensity;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    intensity.add_piece(points[i + 1].time - points[i].time, Rate::per_second(points[i].per_second),
                        Rate::per_second(points[i + 1].per_second));
  }
  if (intensity.total() == 0) return Error{fmt::format("'{}': no arrivals: the rate is 0 throughout", query)};
  return intensity;
}

}  // namespace gelombang
