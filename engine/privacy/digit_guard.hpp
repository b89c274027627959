// Guards of a scenario: what must never leave the machine. "16 digits, only 00..........0000" stops every request that
// carries a 16-digit number other than a synthetic one.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gelombang {

class DigitGuard {
 public:
  // pattern: "N digits" with 1 <= N <= 64; only: N characters, digits or '.' for any digit.
  static Result<DigitGuard> create(std::string_view pattern, std::string_view only);
  // Whether `text` holds a run of exactly N digits that `only` does not allow. A run may be split by
  // single spaces, dots, dashes or plus signs, as people and forms write long numbers; all of it may be
  // percent-encoded.
  [[nodiscard]] bool violated_by(std::string_view text) const;

 private:
  [[nodiscard]] bool stands_in(std::string_view text) const;

  std::size_t length_ = 0;
  std::string only_;
};

}  // namespace gelombang
