// Lines on a terminal that are drawn anew in their place. The cursor rests before the first of them: what else is
// printed takes their place, and however a terminal that is resized wraps them anew, they begin where the cursor is.
#pragma once

#include "base/terminal.hpp"

#include <string>
#include <vector>

namespace gelombang {

// What stays together in a row where the width allows.
struct BlockCell {
  std::string text;  // UTF-8, one column for each character, without escape sequences
  Color color = Color::plain;
};

struct BlockLine {
  std::string label;  // up to eight columns; empty: the cells begin where a label would
  std::vector<BlockCell> cells;
};

// The rows that the lines take, each shorter than `size.columns`; what does not fit the height is left out at the end.
// Cells that a row has no room for go on in the next one, and a cell that is longer than a row is broken at a blank.
std::vector<std::string> block_rows(const std::vector<BlockLine>& lines, TerminalSize size, const Terminal& terminal);

// What is written before a line on stderr that takes the place of a live block, should one be there; empty where stderr
// is no terminal.
std::string block_makes_way();

class LiveBlock {
 public:
  explicit LiveBlock(const Terminal& terminal) : terminal_(terminal) {}
  void draw(const std::vector<BlockLine>& lines);
  // Takes the block away, for other lines to be printed.
  void clear();

 private:
  const Terminal& terminal_;
  bool drawn_ = false;
};

}  // namespace gelombang
