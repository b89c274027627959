// Takes secrets and personal data out of text before it is shown or stored: the text of script errors, conformance
// rows, the scenario's own log lines, what a target sent. All of it passes here.
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
  // `value` is replaced wherever it stands, as it is or spelled in another way (engine/privacy/spelling.hpp), in upper
  // or lower case, with '+' or any white space for a blank. Shorter values than kShortest are ignored: they would
  // replace half of every text and protect nothing.
  void add(std::string_view value);
  void clear() { values_.clear(); }
  // Known values, mail addresses and runs of 16 digits become "[redacted]"; at most `limit` bytes. What lies far beyond
  // the limit is not looked at, and what the end of a text may have cut off from a value goes as well. Takes time in
  // proportion to the limit and to what all values are long, times their number at worst: see work().
  [[nodiscard]] std::string redact(std::string_view text, std::size_t limit = 4096) const;
  // Bytes that redact() has compared so far.
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }

 private:
  // A value as it is looked for: in lower case, with where the search goes on after a mismatch (Knuth, Morris, Pratt).
  struct Value {
    std::string text;
    std::vector<std::uint32_t> shorter;
  };
  using Range = std::pair<std::size_t, std::size_t>;  // of bytes; the end is not in it

  void add_spelling(std::string_view value);
  void find_values(const Reading& reading, bool cut, std::vector<Range>& found) const;

  std::vector<Value> values_;
  mutable std::uint64_t work_ = 0;
};

}  // namespace gelombang
