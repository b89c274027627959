// Aligned columns of plain text, and what is done where a terminal is too narrow for them.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Columns that a line may take; nothing: any number, as in a file.
using TextWidth = std::optional<std::size_t>;

class TextTable {
 public:
  // One letter for each column: l for left, r for right.
  explicit TextTable(std::string_view alignment) : alignment_(alignment) {}
  // As many cells as columns. ASCII, or other text with one column per code point.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Where lines are too long, the cells of this column get an ellipsis, or go on in the next line, down to `least`.
  TextTable& may_shorten(std::size_t column, std::size_t least) { return may_give(column, least, false); }
  TextTable& may_wrap(std::size_t column, std::size_t least) { return may_give(column, least, true); }
  // Where that does not suffice, these are left out, in this order.
  TextTable& may_leave_out(std::initializer_list<std::size_t> columns) {
    spare_ = columns;
    return *this;
  }
  // Columns are two blanks apart, and no line ends in a blank. A row is a line unless it may wrap.
  [[nodiscard]] std::vector<std::string> lines(TextWidth width = std::nullopt) const;
  // Whether a column is left out then.
  [[nodiscard]] bool leaves_out(TextWidth width) const;

 private:
  struct Flexible {
    std::size_t column;
    std::size_t least;
    bool wraps;
  };
  TextTable& may_give(std::size_t column, std::size_t least, bool wraps) {
    flexible_.push_back({column, least, wraps});
    return *this;
  }
  [[nodiscard]] std::vector<std::size_t> natural_widths() const;
  // 0 for a column that is left out.
  [[nodiscard]] std::vector<std::size_t> widths_within(TextWidth width) const;
  [[nodiscard]] bool wraps(std::size_t column) const;

  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<Flexible> flexible_;
  std::vector<std::size_t> spare_;
};

// The text in lines of at most so many columns, broken at blanks, or within a word that is longer than a line. At least
// one line.
std::vector<std::string> wrapped(std::string_view text, TextWidth width);

}  // namespace gelombang
