#include "engine/files/csv_table.hpp"

#include "base/json_writer.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

namespace gelombang {
namespace {

bool is_word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Whether the text may be a column's name. The first row of a file without a header has addresses, numbers and
// passwords.
bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    static constexpr std::string_view kOthers = "0123456789 -./()#%&+:'";
    return is_word_letter(c) || kOthers.find(c) != std::string_view::npos;
  };
  return std::all_of(text.begin(), text.end(), allowed) && std::any_of(text.begin(), text.end(), is_word_letter);
}

using Delimiter = std::pair<std::string_view, std::string_view>;  // and its name in messages
constexpr std::array<Delimiter, 6> kDelimiters{{{";", "semicolon"},
                                                {"\t", "tab"},
                                                {"|", "bar"},
                                                {":", "colon"},
                                                {"\xef\xbc\x8c", "full-width comma"},
                                                {"\xd8\x8c", "Arabic comma"}}};

// Quotes only valid names: if the header is missing, other texts are somebody's data.
std::string problem_of_header(const std::vector<std::string>& columns) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = columns[i];
    if (name.empty()) return fmt::format("column {} has no name", i + 1);
    for (const auto& [delimiter, shown] : kDelimiters) {
      // A colon may be part of a name, unless there is only one column.
      if (name.find(delimiter) == std::string::npos || (delimiter == ":" && columns.size() > 1)) continue;
      return fmt::format("a {} in the header: expected commas between the columns", shown);
    }
    if (name.front() == ' ' || name.back() == ' ')
      return fmt::format("blanks around the name of column {}: expected none, since they belong to it", i + 1);
    if (!is_name(name))
      return fmt::format("column {} has no name of letters, digits, blanks and -./()#%&+:': expected a header line",
                         i + 1);
    if (std::count(columns.begin(), columns.end(), name) > 1) return fmt::format("two columns are named '{}'", name);
  }
  return "";
}

}  // namespace

std::string_view CsvTable::field(std::size_t row, std::size_t column) const {
  const std::size_t index = row * columns.size() + column;
  const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

void CsvTable::add_field(std::string_view text) {
  text_ += text;
  ends_.push_back(static_cast<std::uint32_t>(text_.size()));
}

class CsvParser::Impl {
 public:
  explicit Impl(const CsvBounds& bounds) : bounds_(bounds) {
    // Strict: otherwise an unclosed quote would swallow the rows below it.
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&parser_, [](unsigned char) { return 0; });
    csv_set_blk_size(&parser_, 4096);
  }
  ~Impl() { csv_free(&parser_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool add(std::string_view text) {
    bytes_ += text.size();
    if (bytes_ > bounds_.bytes) fail(fmt::format("more than {} bytes: expected a shorter file", bounds_.bytes));
    while (!text.empty() && error_.empty()) {
      const std::size_t end = text.find_first_of("\r\n");
      const std::string_view part = text.substr(0, end == std::string_view::npos ? end : end + 1);
      add_part(part);
      text.remove_prefix(part.size());
    }
    return error_.empty();
  }

  Result<CsvTable> finish() {
    add_line();
    if (error_.empty() && csv_fini(&parser_, on_field, on_row, this) != 0) fail("the file ends within quotes");
    if (!error_.empty()) return Error{error_};
    if (table_.columns.empty()) return Error{"1: the file is empty: expected a header line"};
    if (table_.fields() == 0) return Error{fmt::format("{}: no rows below the header", line_)};
    return {Result<CsvTable>::in_place_value, std::move(table_)};
  }

 private:
  void fail(std::string_view problem, std::uint64_t line = 0) {
    if (error_.empty()) error_ = fmt::format("{}: {}", line == 0 ? line_ : line, problem);
  }

  // `part` ends with the end of a line, or where the text ends.
  void add_part(std::string_view part) {
    const bool feed_of_return = part == "\n" && waiting_.empty() && last_ == '\r';
    waiting_ += part;
    last_ = part.back();
    if (waiting_.size() > bounds_.line_bytes)
      return fail(fmt::format("a line of more than {} bytes: expected a shorter one", bounds_.line_bytes));
    if (last_ != '\n' && last_ != '\r') return;
    add_line();
    if (!feed_of_return) ++line_;
  }

  // Parses line by line, so that errors have the line's number.
  void add_line() {
    if (!error_.empty() || waiting_.empty()) return;
    if (std::exchange(first_, false) && waiting_.starts_with(kByteOrderMark)) waiting_.erase(0, kByteOrderMark.size());
    if (waiting_.starts_with("\xFF\xFE") || waiting_.starts_with("\xFE\xFF")) return fail("is UTF-16: expected UTF-8");
    if (waiting_.find('\0') != std::string::npos) return fail("a zero byte: expected text in UTF-8");
    if (valid_utf8(waiting_) != waiting_) return fail("bytes that are not UTF-8: expected text in UTF-8");
    if (csv_parse(&parser_, waiting_.data(), waiting_.size(), on_field, on_row, this) != waiting_.size())
      return fail("a stray quote in a field: put the field in quotes and double the inner quote");
    open_bytes_ += waiting_.size();
    waiting_.clear();
    // Quotes inside a field are doubled, and other fields may stand before it in its first line.
    if (open_bytes_ > bounds_.line_bytes + 2 * bounds_.field_bytes) too_long();
  }

  void too_long() {
    fail(fmt::format("a field of more than {} bytes: expected a comma, the line's end or the closing quote",
                     bounds_.field_bytes),
         open_line_);
  }

  static void on_field(void* text, std::size_t length, void* context) {
    auto& self = *static_cast<Impl*>(context);
    self.field({static_cast<const char*>(text), length});
  }
  static void on_row(int, void* context) { static_cast<Impl*>(context)->row(); }

  void field(std::string_view text) {
    if (!error_.empty()) return;
    if (row_fields_++ == 0) row_line_ = line_;
    if (text.size() > bounds_.field_bytes) return too_long();
    open_bytes_ = 0;
    open_line_ = line_;
    if (row_fields_ > bounds_.columns) return fail(fmt::format("more than {} columns", bounds_.columns));
    if (!header_done_) {
      table_.columns.emplace_back(text);
    } else if (table_.fields() == bounds_.fields) {
      fail(fmt::format("more than {} fields in all: expected a shorter file", bounds_.fields));
    } else {
      table_.add_field(text);
    }
  }

  void row() {
    if (!error_.empty()) return;
    const std::size_t fields = std::exchange(row_fields_, 0);
    open_bytes_ = 0;
    open_line_ = line_ + 1;
    if (!std::exchange(header_done_, true)) {
      const std::string problem = problem_of_header(table_.columns);
      if (!problem.empty()) fail(problem, row_line_);
    } else if (fields != table_.columns.size()) {
      fail(fmt::format("{} fields where the header has {}", fields, table_.columns.size()), row_line_);
    }
  }

  CsvBounds bounds_;
  csv_parser parser_{};
  CsvTable table_;
  std::string waiting_;  // the part of a line that was received
  char last_ = 0;
  bool first_ = true;
  bool header_done_ = false;
  std::uint64_t bytes_ = 0;
  std::uint64_t line_ = 1;  // the current line
  std::size_t row_fields_ = 0;
  std::uint64_t row_line_ = 0;   // in which the first field of the row ended
  std::uint64_t open_line_ = 1;  // in which the newest field began
  std::uint64_t open_bytes_ = 0;
  std::string error_;
};

CsvParser::CsvParser(const CsvBounds& bounds) : impl_(std::make_unique<Impl>(bounds)) {}
CsvParser::~CsvParser() = default;
bool CsvParser::add(std::string_view text) { return impl_->add(text); }
Result<CsvTable> CsvParser::finish() { return impl_->finish(); }

namespace {

Result<std::shared_ptr<const CsvTable>> read_table(InputFile& file) {
  const auto fail = [&file](const std::string& problem) {
    return Error{fmt::format("{}:{}", printable(file.path()), problem)};
  };
  const CsvBounds bounds;
  if (file.size() > bounds.bytes)
    return fail(fmt::format(" is {} bytes long: expected at most {}", file.size(), bounds.bytes));
  CsvParser parser(bounds);
  std::vector<char> buffer(65536);
  bool more = true;
  while (more) {
    const auto got = file.read(buffer.data(), buffer.size());
    if (!got) return got.error();
    more = *got > 0 && parser.add({buffer.data(), *got});
  }
  auto table = parser.finish();
  if (!table) return fail(table.error().message);
  return std::shared_ptr<const CsvTable>(std::make_shared<CsvTable>(std::move(*table)));
}

}  // namespace

Result<std::shared_ptr<const CsvTable>> read_csv(const NamedFile& file) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const CsvTable>> tables;
  auto opened = file.open();
  if (!opened) return opened.error();
  const std::string version = opened->version();
  const std::scoped_lock lock(mutex);
  std::erase_if(tables, [](const auto& table) { return table.second.expired(); });
  if (const auto known = tables.find(version); known != tables.end()) {
    if (auto table = known->second.lock()) return table;
  }
  auto table = read_table(*opened);
  if (table) tables[version] = *table;
  return table;
}

}  // namespace gelombang
