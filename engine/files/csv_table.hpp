// The rows of a CSV file with a header line, as in RFC 4180: commas, UTF-8, blanks belong to their field.
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

// Read once and shared by all workers. One string holds all fields, so a row costs its bytes, and four bytes for each
// field.
class CsvTable {
 public:
  std::vector<std::string> columns;

  [[nodiscard]] std::size_t size() const noexcept { return columns.empty() ? 0 : ends_.size() / columns.size(); }
  [[nodiscard]] std::string_view field(std::size_t row, std::size_t column) const;
  // Add the fields row by row.
  void add_field(std::string_view text);
  [[nodiscard]] std::size_t fields() const noexcept { return ends_.size(); }

 private:
  std::string text_;
  std::vector<std::uint32_t> ends_;
};

// The bounds of a file. A file that exceeds them is refused.
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

  // Returns false after an error, which finish() returns.
  bool add(std::string_view text);
  // The error begins with the line's number: "3: 1 fields where the header has 2".
  Result<CsvTable> finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// An Error is one line with file and line number: no header, no rows, a row of another width, a stray quote, columns
// that share a name, another delimiter or encoding, more than the bounds. While a caller holds the table of an
// unchanged file, other callers get the same table.
Result<std::shared_ptr<const CsvTable>> read_csv(const NamedFile& file);

}  // namespace gelombang
