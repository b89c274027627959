// Whether the program may draw: colour and live progress only if a person watches a terminal.
#pragma once

#include "base/text_table.hpp"

#include <string>
#include <string_view>

namespace gelombang {

enum class Color { plain, bold, dim, red, green, yellow, cyan };

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

class Terminal {
 public:
  // For one stream, such as STDERR_FILENO. `color` off: never any colour.
  Terminal(int descriptor, bool color);
  [[nodiscard]] bool interactive() const noexcept { return interactive_; }
  [[nodiscard]] bool color() const noexcept { return color_; }
  // The current size; 80 x 24 if it is not known.
  [[nodiscard]] TerminalSize size() const noexcept;
  // What a line of text may take: what COLUMNS says, else a terminal. Nothing for a file or a pipe.
  [[nodiscard]] TextWidth text_width() const;
  [[nodiscard]] std::string paint(Color color, std::string_view text) const;

 private:
  int descriptor_;
  bool interactive_;
  bool color_;
};

}  // namespace gelombang
