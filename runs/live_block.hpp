// Lines on a terminal that are redrawn in place. The cursor stays before the first line: other output replaces the
// lines, and the lines begin at the cursor even if a resized terminal wraps them differently.
#pragma once

#include "base/terminal.hpp"

#include <string>
#include <vector>

namespace gelombang {

// Text that stays together in a row if the width allows it.
struct BlockCell {
  std::string text;  // UTF-8, one column for each character, without escape sequences
  Color color = Color::plain;
};

struct BlockLine {
  std::string label;  // up to eight columns; empty: the cells begin in the label's place
  std::vector<BlockCell> cells;
};

// The rows of the lines, each shorter than `size.columns`. Rows that do not fit the height are left out at the end.
// Cells that do not fit a row continue in the next row. A cell longer than a row is broken at a blank.
std::vector<std::string> block_rows(const std::vector<BlockLine>& lines, TerminalSize size, const Terminal& terminal);

// Write this before a line on stderr: it clears a live block, if there is one. Empty if stderr is no terminal.
std::string block_makes_way();

class LiveBlock {
 public:
  explicit LiveBlock(const Terminal& terminal) : terminal_(terminal) {}
  void draw(const std::vector<BlockLine>& lines);
  // Removes the block so that other lines can be printed.
  void clear();

 private:
  const Terminal& terminal_;
  bool drawn_ = false;
};

}  // namespace gelombang
