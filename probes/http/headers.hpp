// Header lines of requests and of responses.
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

// Whether two header names are the same, whatever their case.
inline bool same_header_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// The value of the first header of that name.
std::optional<std::string_view> find_header(const std::vector<HttpHeader>& headers, std::string_view name) noexcept;

// The header lines of a response, in the order in which they came and in one piece of text: a response has some ten
// lines, and most of them are read once or handed on.
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
    // For iterators over the same lines: whether as many lines are left.
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

  // `name` must hold no colon, and neither may hold a line break: together they were one line of a response.
  void add(std::string_view name, std::string_view value);
  // Adds "name: value", as text() has it. `name` is the length of the name.
  void add_line(std::string_view line, std::size_t name);
  // Appends a blank and `more` to the last value. Returns the name of that line; there must be a line.
  std::string_view extend_last(std::string_view more);
  void clear() noexcept;
  // False if there is certainly no line of that name: most responses lack most of the names that are looked for.
  [[nodiscard]] bool may_have(std::string_view name) const noexcept { return (names_ & mark_of(name)) != 0; }
  // The value of the first line of that name.
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
  std::uint64_t names_ = 0;  // marks of all names
};

}  // namespace gelombang
