// Header lines: those that a request gets, and those that an answer brought.
#pragma once

#include <strings.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct HttpHeader {
  std::string name;
  std::string value;
};

// Whether two names are the same; header names know no case.
inline bool same_header_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The value of the first header of that name.
std::optional<std::string_view> find_header(const std::vector<HttpHeader>& headers, std::string_view name) noexcept;

// The header lines of an answer, in the order in which they came and in one piece of text: there are some ten in each
// answer, and mostly they are looked at once or handed on.
class ResponseHeaders {
 public:
  struct Line {  // points into the text
    std::string_view name;
    std::string_view value;
  };
  class Iterator {
   public:
    explicit Iterator(std::string_view text) noexcept : rest_(text) { ++*this; }
    Line operator*() const noexcept { return line_; }
    Iterator& operator++() noexcept;
    // Of the same lines: whether as many are left.
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.ended_ == b.ended_ && a.rest_.size() == b.rest_.size();
    }

   private:
    Line line_;
    std::string_view rest_;  // after this line
    bool ended_ = false;
  };

  ResponseHeaders() = default;
  ResponseHeaders(std::initializer_list<Line> lines);

  // The name holds no colon, neither of them a line break: what one line of an answer was.
  void add(std::string_view name, std::string_view value);
  // "name: value", as text() has it, with a name of that length.
  void add_line(std::string_view line, std::size_t name);
  // More of the last value, after a blank. The name of its line; there has to be one.
  std::string_view extend_last(std::string_view more);
  void clear() noexcept;
  // False where there is surely none of that name: most answers lack most of what they are asked for.
  [[nodiscard]] bool may_have(std::string_view name) const noexcept { return (names_ & mark_of(name)) != 0; }
  // The value of the first one of that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] Iterator begin() const noexcept { return Iterator(text_); }
  [[nodiscard]] Iterator end() const noexcept { return Iterator({}); }
  // "name: value\n" each.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  // A bit for a name's first letter, in either case, and its length.
  static std::uint64_t mark_of(std::string_view name) noexcept {
    const unsigned letter = name.empty() ? 0 : static_cast<unsigned char>(name.front()) | 0x20U;
    return std::uint64_t{1} << ((letter * 7 + name.size()) & 63);
  }

  std::string text_;
  std::size_t last_ = 0;     // where the last line begins
  std::uint64_t names_ = 0;  // marks of all
};

}  // namespace gelombang
