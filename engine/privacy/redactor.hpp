// Removes secrets and personal data from text before it is shown or stored: script errors, conformance rows, the
// scenario's own log lines, and what a target sent. All of this text passes through here.
#pragma once

#include "engine/privacy/spelling.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

class Redactor {
 public:
  static constexpr std::size_t kShortest = 4;
  // Replaces `value` everywhere: as it is or in another spelling (engine/privacy/spelling.hpp), in upper or lower case,
  // with '+' or any white space for a blank. Values shorter than kShortest are ignored: they would replace half of
  // every text and protect nothing.
  void add(std::string_view value);
  void clear() { values_.clear(); }
  // Known values, mail addresses and runs of 16 digits become "[redacted]". Returns at most `limit` bytes. Text far
  // beyond the limit is not read. If the text is cut, an incomplete value at its end is removed too. The time is
  // proportional to the limit and to the total length of all values, in the worst case times their number: see work().
  [[nodiscard]] std::string redact(std::string_view text, std::size_t limit = 4096) const;
  // Bytes that redact() has compared so far.
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }

 private:
  // A value in lower case. `shorter` tells where the search continues after a mismatch (Knuth, Morris, Pratt).
  struct Value {
    std::string text;
    std::vector<std::uint32_t> shorter;
  };
  using Range = std::pair<std::size_t, std::size_t>;  // bytes [first, second)

  void add_spelling(std::string_view value);
  void find_values(const Reading& reading, bool cut, std::vector<Range>& found) const;

  std::vector<Value> values_;
  mutable std::uint64_t work_ = 0;
};

}  // namespace gelombang
