// Markdown that contains text from others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Escapes everything that has a meaning in Markdown or HTML, and any @ that would notify someone.
std::string markdown_plain(std::string_view text);
// A code span has no escapes. Only a backtick ends it, and in a table a bar.
std::string markdown_code(std::string_view text);

class MarkdownTable {
 public:
  // An alignment per column: l or r.
  MarkdownTable(std::string_view alignment, const std::vector<std::string>& head);
  void row(const std::vector<std::string>& cells);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace gelombang
