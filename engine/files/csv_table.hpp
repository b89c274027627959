// The rows of a CSV file with a header line, as RFC 4180 has them: commas, UTF-8, blanks belong to their field.
#pragma once

#include "base/result.hpp"
#include "engine/files/scenario_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Read once and shared by all workers. All texts stand in one, so that a row costs its bytes and four for each field.
class CsvTable {
 public:
  std::vector<std::string> columns;

  [[nodiscard]] std::size_t size() const noexcept { return columns.empty() ? 0 : ends_.size() / columns.size(); }
  [[nodiscard]] std::string_view field(std::size_t row, std::size_t column) const;
  // Fields come row by row.
  void add_field(std::string_view text);
  [[nodiscard]] std::size_t fields() const noexcept { return ends_.size(); }

 private:
  std::string text_;
  std::vector<std::uint32_t> ends_;
};

// What a file may hold; what exceeds it is refused.
struct CsvBounds {
  std::uint64_t bytes = 256 * 1024 * 1024;
  std::size_t fields = 16 * 1024 * 1024;
  std::size_t columns = 1000;
  std::size_t field_bytes = 64 * 1024;
  std::size_t line_bytes = 1024 * 1024;
};

// Takes a file's text in pieces of any size.
class CsvParser {
 public:
  explicit CsvParser(const CsvBounds& bounds = {});
  ~CsvParser();
  CsvParser(const CsvParser&) = delete;
  CsvParser& operator=(const CsvParser&) = delete;

  // False where something is wrong, which finish() tells.
  bool add(std::string_view text);
  // The error begins with the line's number: "3: 1 fields where the header has 2".
  Result<CsvTable> finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// No header, no rows, a row of another width, a stray quote, columns that share a name, another delimiter or encoding,
// more than the bounds: one line with file and line number. While somebody holds the table of an unchanged file, others
// get the same one.
Result<std::shared_ptr<const CsvTable>> read_csv(const NamedFile& file);

}  // namespace gelombang
