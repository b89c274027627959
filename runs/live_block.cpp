#include "runs/live_block.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kMargin = 2;
constexpr std::size_t kLabelColumns = 10;  // a label and the blanks after it
constexpr std::size_t kGap = 3;            // between two cells

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

std::size_t columns_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

// The number of bytes of that many characters.
std::size_t bytes_of(std::string_view text, std::size_t columns) noexcept {
  std::size_t bytes = 0;
  while (bytes < text.size() && (columns > 0 || continues(text[bytes]))) {
    if (!continues(text[bytes])) --columns;
    ++bytes;
  }
  while (bytes < text.size() && continues(text[bytes])) ++bytes;
  return bytes;
}

// The part of `text` that fits in `columns`, broken at a blank if there is one. `text` keeps the rest.
std::string_view take_piece(std::string_view& text, std::size_t columns) {
  const std::size_t most = bytes_of(text, columns);
  std::size_t end = most;
  if (most < text.size() && text[most] != ' ') {
    const std::size_t blank = text.substr(0, most).rfind(' ');
    if (blank != std::string_view::npos && blank > 0) end = blank;
  }
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return piece;
}

// Rows that are filled cell by cell.
class Rows {
 public:
  Rows(std::size_t width, const Terminal& terminal) : width_(width), terminal_(terminal) {}

  void begin(std::string_view label) {
    indent_ = label.empty() ? kMargin : kMargin + kLabelColumns;
    row_.assign(kMargin, ' ');
    if (!label.empty()) row_ += fmt::format("{:<{}}", label, kLabelColumns);
    used_ = indent_;
    fresh_ = true;
  }

  void add(const BlockCell& cell) {
    std::string_view rest = cell.text;
    if (!fresh_ && used_ + kGap + columns_of(rest) > width_) next();
    do {
      if (!fresh_) {
        row_.append(kGap, ' ');
        used_ += kGap;
      }
      const std::string_view piece = take_piece(rest, width_ - std::min(used_, width_ - 1));
      row_ += terminal_.paint(cell.color, piece);
      used_ += columns_of(piece);
      fresh_ = false;
      if (!rest.empty()) next();
    } while (!rest.empty());
  }

  void end() { rows_.push_back(std::move(row_)); }
  std::vector<std::string> take() { return std::move(rows_); }

 private:
  void next() {
    end();
    row_.assign(indent_, ' ');
    used_ = indent_;
    fresh_ = true;
  }

  std::size_t width_;
  const Terminal& terminal_;
  std::vector<std::string> rows_;
  std::string row_;
  std::size_t indent_ = 0;
  std::size_t used_ = 0;  // columns
  bool fresh_ = true;     // the row has no cell yet
};

}  // namespace

std::vector<std::string> block_rows(const std::vector<BlockLine>& lines, TerminalSize size, const Terminal& terminal) {
  // The last column stays free: a character there makes some terminals start a new row.
  Rows rows(static_cast<std::size_t>(std::max(size.columns, 20) - 1), terminal);
  for (const BlockLine& line : lines) {
    rows.begin(line.label);
    for (const BlockCell& cell : line.cells) rows.add(cell);
    rows.end();
  }
  std::vector<std::string> all = rows.take();
  // One row stays free: drawing moves the cursor to the row after the block.
  all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(size.rows, 2) - 1)));
  return all;
}

std::string block_makes_way() { return Terminal(STDERR_FILENO, false).interactive() ? "\r\x1b[J" : ""; }

void LiveBlock::draw(const std::vector<BlockLine>& lines) {
  const std::vector<std::string> rows = block_rows(lines, terminal_.size(), terminal_);
  // The terminal cuts off text that is wider than counted, such as Chinese in a server's message.
  std::string text = "\r\x1b[J\x1b[?7l";
  for (const std::string& row : rows) text += row + "\n";
  text += fmt::format("\x1b[?7h\x1b[{}A", rows.size());
  drawn_ = true;
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void LiveBlock::clear() {
  if (!std::exchange(drawn_, false)) return;
  std::fputs("\r\x1b[J", stderr);
  std::fflush(stderr);
}

}  // namespace gelombang
