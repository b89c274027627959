// Lines of a file, in constant memory. A line ends with \n, \r\n or \r.
#pragma once

#include "base/result.hpp"
#include "engine/files/scenario_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class LineReader {
 public:
  // The rest of a longer line is skipped.
  static constexpr std::size_t kLongest = 16 * 1024;
  static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 30;

  struct Line {
    std::string_view text;  // without its end; valid until the next call
    std::uint64_t number = 0;
    bool cut = false;  // it was longer than kLongest
  };

  // An Error if the file cannot be opened, is larger than kMostBytes, is compressed, or is otherwise not text.
  static Result<LineReader> open(const NamedFile& file);
  // nullopt at the end of the file, or if it cannot be read: failure() tells them apart.
  std::optional<Line> next();
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }

 private:
  explicit LineReader(InputFile file);
  bool fill();

  InputFile file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string line_;
  bool after_return_ = false;  // a \n that comes next belongs to the previous line
  std::uint64_t number_ = 0;
  std::optional<Error> failure_;
};

// If a file has this many more unusable lines than good ones, its rest is not read.
constexpr std::uint64_t kHopeless = 10000;

// Lines that were left out: how many, and what was wrong with the first.
class SkippedLines {
 public:
  void add(const LineReader::Line& line, std::string_view problem);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  // "access.log:17: no request in quotes: '...'": shortened, printable, without personal data and queries.
  [[nodiscard]] std::string first(std::string_view path) const;

 private:
  std::uint64_t count_ = 0;
  std::uint64_t number_ = 0;
  std::string problem_;
  std::string excerpt_;
};

// "3 of 747 lines left out as broken; the first: ..."
std::string left_out(const SkippedLines& skipped, std::string_view what, std::uint64_t lines, std::string_view path);

}  // namespace gelombang
