// Takes secrets and personal data out of text before it is shown or stored: the text of script
// errors, conformance rows and the scenario's own log lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class Redactor {
 public:
  static constexpr std::size_t kShortest = 4;
  // `value` is replaced wherever it stands, as it is or percent-encoded. Shorter values than kShortest are
  // ignored: they would replace half of every text and protect nothing.
  void add(std::string_view value);
  void clear() { values_.clear(); }
  // Known values, mail addresses and runs of 16 digits become "[redacted]"; at most `limit` bytes.
  [[nodiscard]] std::string redact(std::string_view text, std::size_t limit = 4096) const;
  // The same of the beginning of a text that may be long: what lies far beyond `limit` is not looked at.
  [[nodiscard]] std::string redact_start(std::string_view text, std::size_t limit) const;

 private:
  [[nodiscard]] std::string_view without_cut_value(std::string_view window) const;

  std::vector<std::string> values_;
};

}  // namespace gelombang
