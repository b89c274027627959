#include "reports/markdown.hpp"

#include "base/json_writer.hpp"

#include <algorithm>

namespace gelombang {

std::string markdown_plain(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '@': out += "&#64;"; break;
      case '|': out += "&#124;"; break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '#':
      case '~':
      case '!': out += '\\'; [[fallthrough]];
      default: out += c;
    }
  }
  return out;
}

std::string markdown_code(std::string_view text) {
  std::string out = printable(text);
  std::replace(out.begin(), out.end(), '`', '\'');
  std::replace(out.begin(), out.end(), '|', '/');
  return "`" + out + "`";
}

MarkdownTable::MarkdownTable(std::string_view alignment, const std::vector<std::string>& head) {
  row(head);
  text_ += '|';
  for (const char c : alignment) text_ += c == 'r' ? "---:|" : "---|";
  text_ += '\n';
}

void MarkdownTable::row(const std::vector<std::string>& cells) {
  text_ += '|';
  for (const std::string& cell : cells) text_ += " " + cell + " |";
  text_ += '\n';
}

}  // namespace gelombang
