#include "engine/privacy/digit_guard.hpp"

#include "base/ascii.hpp"
#include "base/percent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace gelombang {

Result<DigitGuard> DigitGuard::create(std::string_view pattern, std::string_view only) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(pattern.data(), pattern.data() + pattern.size(), length);
  const std::string_view rest = pattern.substr(static_cast<std::size_t>(end - pattern.data()));
  if (error != std::errc() || rest != " digits" || length < 1 || length > 64) {
    return Error{fmt::format("guard pattern '{}': expected 'N digits', such as '16 digits'", pattern)};
  }
  const bool plain = std::all_of(only.begin(), only.end(), [](char c) { return is_digit(c) || c == '.'; });
  if (only.size() != length || !plain) {
    return Error{fmt::format("guard only '{}': expected {} characters, each a digit or '.'", only, length)};
  }
  DigitGuard guard;
  guard.length_ = length;
  guard.only_ = only;
  return guard;
}

bool DigitGuard::violated_by(std::string_view text) const {
  return in_any_decoding(text, [this](std::string_view decoded) { return stands_in(decoded); });
}

bool DigitGuard::stands_in(std::string_view text) const {
  // `plain` is the run of adjacent digits; `written` also joins groups, as in "3201 0112 3456 7890".
  const auto offends = [this](const std::string& digits) {
    if (digits.size() != length_) return false;
    for (std::size_t i = 0; i < length_; ++i) {
      if (only_[i] != '.' && only_[i] != digits[i]) return true;
    }
    return false;
  };
  std::string plain;
  std::string written;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_digit(text[i])) {
      plain += text[i];
      written += text[i];
      continue;
    }
    if (offends(plain)) return true;
    plain.clear();
    const bool separator = i < text.size() && (text[i] == ' ' || text[i] == '.' || text[i] == '-' || text[i] == '+');
    if (separator && i > 0 && is_digit(text[i - 1]) && i + 1 < text.size() && is_digit(text[i + 1])) continue;
    if (offends(written)) return true;
    written.clear();
  }
  return false;
}

}  // namespace gelombang
