#include "base/terminal.hpp"

#include "base/units.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace gelombang {

Terminal::Terminal(int descriptor, bool color) : descriptor_(descriptor), interactive_(isatty(descriptor) == 1) {
  const char* kind = std::getenv("TERM");
  const bool capable = kind != nullptr && std::string_view(kind) != "dumb";
  interactive_ = interactive_ && capable;
  color_ = color && interactive_ && std::getenv("NO_COLOR") == nullptr;
}

TerminalSize Terminal::size() const noexcept {
  winsize size{};
  TerminalSize known;
  if (ioctl(descriptor_, TIOCGWINSZ, &size) != 0) return known;
  if (size.ws_col > 0) known.columns = size.ws_col;
  if (size.ws_row > 0) known.rows = size.ws_row;
  return known;
}

TextWidth Terminal::text_width() const {
  constexpr std::uint64_t kLeast = 20;
  const char* columns = std::getenv("COLUMNS");
  if (const auto said = parse_whole_number(columns == nullptr ? "" : columns); said && *said >= kLeast) {
    return static_cast<std::size_t>(*said);
  }
  winsize size{};
  if (ioctl(descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_col < kLeast) return std::nullopt;
  return size.ws_col;
}

std::string Terminal::paint(Color color, std::string_view text) const {
  static constexpr std::array<std::string_view, 7> kCodes{"", "1", "2", "31", "32", "33", "36"};
  if (!color_ || color == Color::plain) return std::string(text);
  return std::string("\x1b[")
      .append(kCodes[static_cast<std::size_t>(color)])
      .append("m")
      .append(text)
      .append("\x1b[0m");
}

}  // namespace gelombang
