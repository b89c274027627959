#include "engine/redactor.hpp"

#include <algorithm>
#include <cctype>

namespace gelombang {
namespace {

constexpr std::string_view kRedacted = "[redacted]";

bool is_address_character(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '+' || c == '%';
}

std::string without(std::string_view text, std::string_view what) {
  std::string result;
  std::size_t begin = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, begin)) {
    result.append(text.substr(begin, at - begin)).append(kRedacted);
    begin = at + what.size();
  }
  return result.append(text.substr(begin));
}

// "someone@example.test", with the sign as it stands in a URL too.
std::string without_addresses(std::string_view text) {
  std::string result;
  std::size_t begin = 0;
  std::size_t at = 0;
  while ((at = text.find_first_of("@%", at)) != std::string_view::npos) {
    const std::size_t sign = text[at] == '@' ? 1 : text.substr(at, 3) == "%40" ? 3 : 0;
    std::size_t first = at;
    std::size_t last = at + sign;
    while (first > begin && is_address_character(text[first - 1])) --first;
    while (last < text.size() && is_address_character(text[last])) ++last;
    if (sign == 0 || first == at || last == at + sign) {
      ++at;
      continue;
    }
    result.append(text.substr(begin, first - begin)).append(kRedacted);
    begin = at = last;
  }
  return result.append(text.substr(begin));
}

std::string without_identity_numbers(std::string_view text) {
  std::string result;
  std::size_t begin = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
      ++digits;
      continue;
    }
    if (digits == 16) {
      result.append(text.substr(begin, i - 16 - begin)).append(kRedacted);
      begin = i;
    }
    digits = 0;
  }
  return result.append(text.substr(begin));
}

// As the prelude encodes forms and queries.
std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result.append(1, '%').append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
    }
  }
  return result;
}

}  // namespace

void Redactor::add(std::string_view value) {
  if (value.size() < kShortest) return;
  values_.emplace_back(value);
  std::string encoded = percent_encoded(value);
  if (encoded != value) values_.push_back(std::move(encoded));
}

std::string Redactor::redact(std::string_view text, std::size_t limit) const {
  std::string result(text);
  // Longest first, so that a value that holds another one goes as a whole.
  std::vector<std::string_view> values(values_.begin(), values_.end());
  std::sort(values.begin(), values.end(), [](auto a, auto b) { return a.size() > b.size(); });
  for (const std::string_view value : values) result = without(result, value);
  result = without_identity_numbers(without_addresses(result));
  // Only now: a cut through a value would leave a part of it that nothing recognises.
  if (result.size() > limit) result.resize(limit);
  return result;
}

// A cut through a value would leave a part of it that nothing recognises: go back to where none is cut.
std::string_view Redactor::without_cut_value(std::string_view window) const {
  for (bool whole = false; !whole;) {
    whole = true;
    for (const std::string& value : values_) {
      const std::string_view all = value;
      for (std::size_t length = std::min(all.size() - 1, window.size()); length > 0; --length) {
        if (window.substr(window.size() - length) != all.substr(0, length)) continue;
        window.remove_suffix(length);
        whole = false;
        break;
      }
    }
    // An address, or a number, of which the rest is not seen.
    while (!window.empty() && (is_address_character(window.back()) || window.back() == '@')) {
      window.remove_suffix(1);
      whole = false;
    }
  }
  return window;
}

std::string Redactor::redact_start(std::string_view text, std::size_t limit) const {
  const std::size_t window = limit * 4;
  return redact(text.size() <= window ? text : without_cut_value(text.substr(0, window)), limit);
}

}  // namespace gelombang
