#include "engine/feeder.hpp"

#include "base/random.hpp"
#include "base/synthetic_person.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace gelombang {
namespace {

struct CsvReader {
  CsvTable table;
  std::vector<std::string> row;
  std::uint64_t line = 1;
  std::string error;
};

void on_field(void* text, std::size_t length, void* context) {
  static_cast<CsvReader*>(context)->row.emplace_back(static_cast<const char*>(text), length);
}

void on_row(int, void* context) {
  auto& reader = *static_cast<CsvReader*>(context);
  if (reader.table.columns.empty()) {
    reader.table.columns = std::move(reader.row);
  } else if (reader.row.size() != reader.table.columns.size() && reader.error.empty()) {
    reader.error = fmt::format("row {} has {} fields, the header has {}", reader.table.rows.size() + 2, reader.row.size(),
                               reader.table.columns.size());
  } else {
    reader.table.rows.push_back(std::move(reader.row));
  }
  reader.row.clear();
}

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

Result<std::shared_ptr<const CsvTable>> read_csv(const std::string& path) {
  const std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
  csv_parser parser{};
  csv_init(&parser, CSV_APPEND_NULL);
  CsvReader reader;
  std::array<char, 65536> buffer{};
  std::size_t length = 0;
  while (reader.error.empty() && (length = std::fread(buffer.data(), 1, buffer.size(), file.get())) > 0) {
    if (csv_parse(&parser, buffer.data(), length, on_field, on_row, &reader) != length) {
      reader.error = csv_strerror(csv_error(&parser));
    }
  }
  if (std::ferror(file.get()) != 0) reader.error = std::strerror(errno);
  if (reader.error.empty() && csv_fini(&parser, on_field, on_row, &reader) != 0) {
    reader.error = csv_strerror(csv_error(&parser));
  }
  csv_free(&parser);
  if (!reader.error.empty()) return Error{fmt::format("{}: {}", path, reader.error)};
  if (reader.table.columns.empty()) return Error{fmt::format("{}:1: the file is empty: expected a header line", path)};
  if (reader.table.rows.empty()) return Error{fmt::format("{}:2: no rows below the header", path)};
  return std::shared_ptr<const CsvTable>(std::make_shared<CsvTable>(std::move(reader.table)));
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
