#include "engine/privacy/redactor.hpp"

#include <glib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <optional>

namespace gelombang {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr int kLayers = 5;  // of nested escapes

// Comparisons ignore case, and treat these characters as a blank.
char folded(char c) noexcept {
  if (c == '+' || c == '\t' || c == '\r' || c == '\n') return ' ';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The result is as long as the text: a letter stays as it is if its lower case has another length. Bytes that are not
// UTF-8 stay, too.
std::string folded(std::string_view text) {
  std::string result(text);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (static_cast<unsigned char>(result[i]) < 0x80) {
      result[i] = folded(result[i]);
      continue;
    }
    const gunichar letter = g_utf8_get_char_validated(&result[i], static_cast<gssize>(result.size() - i));
    if (letter >= 0x110000) continue;  // GLib's codes for "not UTF-8"
    std::array<char, 6> lower{};
    const auto length = static_cast<std::size_t>(g_unichar_to_utf8(letter, nullptr));
    if (static_cast<std::size_t>(g_unichar_to_utf8(g_unichar_tolower(letter), lower.data())) == length) {
      std::copy_n(lower.begin(), length, result.begin() + static_cast<std::ptrdiff_t>(i));
    }
    i += length - 1;
  }
  return result;
}

// Letters of other alphabets are bytes beyond ASCII.
bool is_address_character(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || std::string_view("._-+'").find(c) != std::string_view::npos;
}

template <class Found>
void find_addresses(std::string_view text, const Found& found) {
  std::size_t begin = 0;  // text before it is not part of another address
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', begin)) {
    std::size_t first = at;
    std::size_t last = at + 1;
    while (first > begin && is_address_character(text[first - 1])) --first;
    while (last < text.size() && is_address_character(text[last])) ++last;
    if (first < at && last > at + 1) found(first, last);
    begin = last;
  }
}

template <class Found>
void find_identity_numbers(std::string_view text, const Found& found) {
  constexpr std::size_t kDigits = 16;
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0) {
      ++digits;
      continue;
    }
    if (digits == kDigits) found(i - kDigits, i);
    digits = 0;
  }
}

// `text` is the beginning of a longer text. Removes the end, if an escape there may be cut in two.
std::string_view without_cut_escape(std::string_view text) {
  return text.substr(0, text.find_first_of(kEscapes, text.size() - std::min(text.size(), kLongestEscape)));
}

// Where the text ends without an address or a number at its end, whose rest may be cut off.
std::size_t whole_until(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && (is_address_character(text[end - 1]) || text[end - 1] == '@' || text[end - 1] == '/')) --end;
  return end;
}

std::vector<Reading> readings_of(std::string_view text) {
  std::vector<Reading> readings{as_written(text)};
  const auto with_layers = [&readings](std::optional<Reading> next, int layers) {
    for (int layer = 0; next && layer < layers; ++layer) {
      readings.push_back(std::move(*next));
      next = without_escapes(readings.back());
    }
  };
  // For a mail's body. Decoded separately, because a value often begins with two digits after "=".
  with_layers(without_quoted_printable(readings.front()), 2);
  with_layers(without_escapes(readings.front()), kLayers);
  return readings;
}

}  // namespace

void Redactor::add(std::string_view value) {
  if (value.size() < kShortest) return;
  add_spelling(value);
  // As CSV and SQL write it.
  for (const char quote : {'"', '\''}) {
    if (value.find(quote) == std::string_view::npos) continue;
    std::string doubled;
    for (const char c : value) doubled.append(c == quote ? 2 : 1, c);
    add_spelling(doubled);
  }
  // As a target shows it after trimming its input.
  constexpr std::string_view kBlanks = " \t\r\n";
  if (const std::size_t first = value.find_first_not_of(kBlanks); first != std::string_view::npos) {
    add_spelling(value.substr(first, value.find_last_not_of(kBlanks) + 1 - first));
  }
  // Decoding a text also decodes what looks like an escape in the value, so these forms are added too.
  std::optional<Reading> reading = without_escapes(as_written(value));
  for (int layer = 0; reading && layer < kLayers; ++layer) {
    add_spelling(reading->text);
    reading = without_escapes(*reading);
  }
}

void Redactor::add_spelling(std::string_view value) {
  if (value.size() < kShortest) return;
  if (const auto other = in_windows1252(value)) add_spelling(*other);
  Value added{folded(value), std::vector<std::uint32_t>(value.size())};
  const auto same = [&added](const Value& known) { return known.text == added.text; };
  if (std::any_of(values_.begin(), values_.end(), same)) return;
  std::uint32_t length = 0;
  for (std::size_t i = 1; i < added.text.size(); ++i) {
    while (length > 0 && added.text[i] != added.text[length]) length = added.shorter[length - 1];
    if (added.text[i] == added.text[length]) ++length;
    added.shorter[i] = length;
  }
  values_.push_back(std::move(added));
}

void Redactor::find_values(const Reading& reading, bool cut, std::vector<Range>& found) const {
  const std::string text = folded(reading.text);
  const std::size_t least = cut ? 1 : kShortest;
  // A decoded text may also end inside an escape. Such an escape begins at this position or later.
  const std::size_t last = text.size() - (cut ? std::min(text.size(), kLongestEscape) : 0);
  for (const Value& value : values_) {
    const std::size_t others = found.size();  // ranges that belong to other values
    std::size_t length = 0;                   // of the value's beginning that matches up to here
    const auto rest_unseen = [&](std::size_t end) {
      if (length >= least && length <= end) found.emplace_back(reading.begin[end - length], reading.end.back());
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i >= last && kEscapes.find(text[i]) != std::string_view::npos) rest_unseen(i);
      if (length == 0) {
        const void* next = std::memchr(text.data() + i, value.text.front(), text.size() - i);
        if (next == nullptr) break;
        i = static_cast<std::size_t>(static_cast<const char*>(next) - text.data());
      }
      while (length > 0 && text[i] != value.text[length]) {
        length = value.shorter[length - 1];
        ++work_;
      }
      if (text[i] == value.text[length]) ++length;
      ++work_;
      if (length < value.text.size()) continue;
      const Range range{reading.begin[i + 1 - length], reading.end[i]};
      // A value that overlaps itself ("aaaa") may end at every byte: these matches become one range.
      if (found.size() > others && found.back().second > range.first) {
        found.back().second = range.second;
      } else {
        found.push_back(range);
      }
      length = value.shorter[length - 1];
    }
    rest_unseen(text.size());
  }
}

std::string Redactor::redact(std::string_view text, std::size_t limit) const {
  constexpr std::size_t kFurther = 4;
  const bool cut = text.size() / kFurther > limit;
  if (cut) text = without_cut_escape(text.substr(0, limit * kFurther));
  std::vector<Range> found;
  const std::vector<Reading> readings = readings_of(text);
  for (const Reading& reading : readings) {
    find_values(reading, cut, found);
    const auto add = [&](std::size_t first, std::size_t last) {
      found.emplace_back(reading.begin[first], reading.end[last - 1]);
    };
    find_addresses(reading.text, add);
    find_identity_numbers(reading.text, add);
  }
  for (std::size_t skipped = 0; skipped < 4 && !values_.empty(); ++skipped) {
    // In the text as it stands, and in the text without any escapes.
    if (const auto decoded = without_base64(readings.front(), skipped)) find_values(*decoded, cut, found);
    if (readings.size() == 1) continue;
    if (const auto decoded = without_base64(readings.back(), skipped)) find_values(*decoded, cut, found);
  }
  std::sort(found.begin(), found.end());
  const std::size_t end = cut ? whole_until(text) : text.size();
  std::string result;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < found.size() && found[i].first < end;) {
    const std::size_t first = found[i].first;
    std::size_t last = found[i].second;
    for (++i; i < found.size() && found[i].first < last; ++i) last = std::max(last, found[i].second);
    result.append(text.substr(begin, first - begin)).append(kRedacted);
    begin = last;
  }
  if (begin < end) result.append(text.substr(begin, end - begin));
  if (result.size() > limit) result.resize(limit);
  return result;
}

}  // namespace gelombang
