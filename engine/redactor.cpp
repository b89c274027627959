#include "engine/redactor.hpp"

#include <algorithm>
#include <cctype>

namespace gelombang {
namespace {

constexpr std::string_view kRedacted = "[redacted]";

bool is_address_character(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '+' || c == '%';
}

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + kRedacted.size())) {
    text.replace(at, what.size(), kRedacted);
  }
}

void replace_addresses(std::string& text) {
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    std::size_t end = at + 1;
    while (begin > 0 && is_address_character(text[begin - 1])) --begin;
    while (end < text.size() && is_address_character(text[end])) ++end;
    if (begin == at || end == at + 1) continue;
    text.replace(begin, end - begin, kRedacted);
    at = begin;
  }
}

void replace_identity_numbers(std::string& text) {
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
      ++digits;
      continue;
    }
    if (digits == 16) {
      text.replace(i - 16, 16, kRedacted);
      i = i - 16 + kRedacted.size();
    }
    digits = 0;
  }
}

}  // namespace

void Redactor::add(std::string_view value) {
  if (value.size() >= 4) values_.emplace_back(value);
}

std::string Redactor::redact(std::string_view text, std::size_t limit) const {
  std::string result(text.substr(0, limit * 4));
  // Longest first, so that a value that holds another one goes as a whole.
  std::vector<std::string_view> values(values_.begin(), values_.end());
  std::sort(values.begin(), values.end(), [](auto a, auto b) { return a.size() > b.size(); });
  for (const std::string_view value : values) replace_all(result, value);
  replace_addresses(result);
  replace_identity_numbers(result);
  if (result.size() > limit) result.resize(limit);
  return result;
}

}  // namespace gelombang
