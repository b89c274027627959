// Markdown that holds what others wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Nothing in it means anything to Markdown, HTML, or whoever sends messages for an @.
std::string markdown_plain(std::string_view text);
// In a code span nothing can be escaped, but only a backtick ends it, and in a table a bar.
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
