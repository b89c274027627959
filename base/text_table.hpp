// Aligned columns of plain text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class TextTable {
 public:
  // One letter for each column: l for left, r for right.
  explicit TextTable(std::string_view alignment) : alignment_(alignment) {}
  // As many cells as columns. ASCII, or other text with one column per code point.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Columns are two blanks apart, and no line ends in a blank.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace gelombang
