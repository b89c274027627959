#include "engine/feeder.hpp"

#include "base/random.hpp"
#include "base/synthetic_person.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <string_view>

namespace gelombang {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct CsvReader {
  CsvTable table;
  std::vector<std::string> row;
  std::uint64_t line = 1;      // that is being read
  std::uint64_t row_line = 0;  // in which the first field of `row` ended
  std::string error;           // without the path
};

void on_field(void* text, std::size_t length, void* context) {
  auto& reader = *static_cast<CsvReader*>(context);
  if (reader.row.empty()) reader.row_line = reader.line;
  reader.row.emplace_back(static_cast<const char*>(text), length);
}

std::string problem_of_header(const std::vector<std::string>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].empty()) return fmt::format("column {} has no name", i + 1);
    if (std::count(columns.begin(), columns.end(), columns[i]) > 1)
      return fmt::format("two columns are named '{}'", columns[i]);
  }
  return "";
}

void on_row(int, void* context) {
  auto& reader = *static_cast<CsvReader*>(context);
  if (!reader.error.empty()) return;
  std::string problem;
  if (reader.table.columns.empty()) {
    problem = problem_of_header(reader.row);
    reader.table.columns = std::move(reader.row);
  } else if (reader.row.size() != reader.table.columns.size()) {
    problem = fmt::format("{} fields where the header has {}", reader.row.size(), reader.table.columns.size());
  } else {
    reader.table.rows.push_back(std::move(reader.row));
  }
  if (!problem.empty()) reader.error = fmt::format("{}: {}", reader.row_line, problem);
  reader.row.clear();
}

// Line by line, so that the reader knows where it is.
bool parse(csv_parser& parser, std::string_view text, CsvReader& reader) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    if (csv_parse(&parser, line.data(), line.size(), on_field, on_row, &reader) != line.size()) return false;
    if (line.back() == '\n') ++reader.line;
    text.remove_prefix(line.size());
  }
  return true;
}

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

Result<std::shared_ptr<const CsvTable>> read_table(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
  csv_parser parser{};
  // Strict: a quote that nobody closes would swallow the rows below it.
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  CsvReader reader;
  std::array<char, 65536> buffer{};
  std::size_t length = 0;
  bool first = true;
  while (reader.error.empty() && (length = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0) {
    std::string_view text(buffer.data(), length);
    if (std::exchange(first, false) && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (!parse(parser, text, reader)) {
      reader.error =
          fmt::format("{}: a quote inside a field: expected it doubled, in a field within quotes", reader.line);
    }
  }
  const int failure = std::ferror(file.get()) != 0 ? errno : 0;
  if (failure == 0 && reader.error.empty() && csv_fini(&parser, on_field, on_row, &reader) != 0) {
    reader.error = fmt::format("{}: the file ends within quotes", reader.line);
  }
  csv_free(&parser);
  if (failure != 0) return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(failure))};
  if (!reader.error.empty()) return Error{fmt::format("{}:{}", path, reader.error)};
  if (reader.table.columns.empty()) return Error{fmt::format("{}:1: the file is empty: expected a header line", path)};
  if (reader.table.rows.empty()) return Error{fmt::format("{}:{}: no rows below the header", path, reader.line)};
  return std::shared_ptr<const CsvTable>(std::make_shared<CsvTable>(std::move(reader.table)));
}

}  // namespace

Result<std::shared_ptr<const CsvTable>> read_csv(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const CsvTable>> tables;
  const std::scoped_lock lock(mutex);
  std::error_code problem;
  const auto written = std::filesystem::last_write_time(path, problem).time_since_epoch().count();
  const std::string version = fmt::format("{}:{}", problem ? 0 : written, path);
  std::erase_if(tables, [](const auto& table) { return table.second.expired(); });
  if (const auto known = tables.find(version); known != tables.end()) {
    if (auto table = known->second.lock()) return table;
  }
  auto table = read_table(path);
  if (table) tables[version] = *table;
  return table;
}

std::uint64_t Feed::size() const noexcept {
  if (csv) return csv->rows.size();
  return people ? people->count : 0;
}

std::optional<std::uint64_t> Feed::row(std::uint64_t run_seed, std::uint64_t iteration) const noexcept {
  const std::uint64_t rows = size();
  if (rows == 0) return iteration;
  switch (order) {
    case FeederOrder::queue: return iteration < rows ? std::optional(iteration) : std::nullopt;
    case FeederOrder::circular: return iteration % rows;
    case FeederOrder::random: return RandomStream(run_seed, RandomPurpose::feeder, iteration).below(rows);
  }
  return std::nullopt;
}

Fields fields_of(const Feed& feed, std::uint64_t row) {
  Fields fields;
  if (feed.csv) {
    for (std::size_t i = 0; i < feed.csv->columns.size(); ++i) {
      fields.emplace_back(feed.csv->columns[i], feed.csv->rows[row][i]);
    }
    return fields;
  }
  const PeopleFeed& people = *feed.people;
  const SyntheticPerson person = synthetic_person(people.seed, people.first + row,
                                                  people.mail_domain.empty() ? kDefaultMailDomain : people.mail_domain);
  fields.emplace_back("index", std::to_string(person.index));
  fields.emplace_back("name", person.name);
  fields.emplace_back("email", person.email);
  fields.emplace_back("password", person.password.reveal());
  fields.emplace_back("nik", person.nik);
  fields.emplace_back("kk", person.kk);
  fields.emplace_back("birth_date", person.birth_date);
  fields.emplace_back("sex", person.female ? "female" : "male");
  return fields;
}

}  // namespace gelombang
