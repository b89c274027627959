#include "engine/privacy/spelling.hpp"

#include "base/hex.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace gelombang {
namespace {

struct Escape {
  std::size_t length = 0;  // 0: there is none
  std::string text;
};

// The value of exactly `count` hex digits at the beginning of `text`.
std::optional<std::uint32_t> hex(std::string_view text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value << 4U | static_cast<std::uint32_t>(digit);
  }
  return value;
}

// U+00A0 becomes a blank, because it looks like one.
std::string utf8(std::uint32_t point) {
  const auto byte = [](std::uint32_t bits) { return static_cast<char>(bits); };
  const auto rest = [&byte](std::uint32_t bits) { return byte(0x80U | (bits & 0x3fU)); };
  if (point == 0xa0) return " ";
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0U | point >> 6U), rest(point)};
  if (point < 0x10000) return {byte(0xe0U | point >> 12U), rest(point >> 6U), rest(point)};
  return {byte(0xf0U | point >> 18U), rest(point >> 12U), rest(point >> 6U), rest(point)};
}

// The characters of Windows-1252 where Unicode has control characters.
constexpr std::array<std::uint16_t, 32> kWindows1252{0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                                     0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                                     0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                                     0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};
// As browsers read "&#128;".
std::uint32_t windows1252(std::uint32_t point) noexcept {
  return point >= 0x80 && point < 0x80 + kWindows1252.size() ? kWindows1252[point - 0x80] : point;
}

Escape percent(std::string_view text) {
  if (const auto byte = hex(text.substr(1), 2)) return {3, {static_cast<char>(*byte)}};
  if (text.size() > 1 && text[1] == 'u') {
    if (const auto unit = hex(text.substr(2), 4)) return {6, utf8(*unit)};  // as JavaScript's escape() writes
  }
  return {};
}

// "\u0041", "\ud83d\ude00" for what is beyond 16 bits, "\u{41}".
Escape backslash_u(std::string_view text) {
  const std::string_view digits = text.substr(2);
  if (digits.substr(0, 1) == "{") {
    const std::size_t close = digits.substr(0, 8).find('}');
    const auto point = close == std::string_view::npos || close == 1 ? std::nullopt : hex(digits.substr(1), close - 1);
    return point && *point <= 0x10ffff ? Escape{close + 3, utf8(*point)} : Escape{};
  }
  const auto unit = hex(digits, 4);
  if (!unit) return {};
  const bool leading = *unit >= 0xd800 && *unit <= 0xdbff;
  if (leading && digits.substr(4, 2) == "\\u") {
    const auto second = hex(digits.substr(6), 4);
    if (second && *second >= 0xdc00 && *second <= 0xdfff) {
      return {12, utf8(0x10000 + ((*unit - 0xd800) << 10U) + (*second - 0xdc00))};
    }
  }
  return {6, utf8(*unit)};
}

Escape backslash(std::string_view text) {
  if (text.size() < 2) return {};
  const char c = text[1];
  if (c == 'u') return backslash_u(text);
  if (c == 'x') {
    const auto byte = hex(text.substr(2), 2);
    return byte ? Escape{4, {static_cast<char>(*byte)}} : Escape{};
  }
  constexpr std::string_view kLetters = "nrtbfv";
  if (const std::size_t at = kLetters.find(c); at != std::string_view::npos) return {2, {"\n\r\t\b\f\v"[at]}};
  if (std::ispunct(static_cast<unsigned char>(c)) != 0) return {2, {c}};
  return {};
}

// Names of ASCII characters in HTML 5; libxml2 knows the names of HTML 4.
using Named = std::pair<std::string_view, std::string_view>;
constexpr std::array<Named, 44> kNamed{
    {{"AMP", "&"},    {"GT", ">"},       {"Hat", "^"},          {"LT", "<"},     {"NewLine", "\n"}, {"QUOT", "\""},
     {"Tab", "\t"},   {"UnderBar", "_"}, {"VerticalLine", "|"}, {"amp", "&"},    {"apos", "'"},     {"ast", "*"},
     {"bsol", "\\"},  {"colon", ":"},    {"comma", ","},        {"commat", "@"}, {"dollar", "$"},   {"equals", "="},
     {"excl", "!"},   {"grave", "`"},    {"gt", ">"},           {"lbrace", "{"}, {"lbrack", "["},   {"lcub", "{"},
     {"lowbar", "_"}, {"lpar", "("},     {"lsqb", "["},         {"lt", "<"},     {"midast", "*"},   {"num", "#"},
     {"percnt", "%"}, {"period", "."},   {"plus", "+"},         {"quest", "?"},  {"quot", "\""},    {"rbrace", "}"},
     {"rbrack", "]"}, {"rcub", "}"},     {"rpar", ")"},         {"rsqb", "]"},   {"semi", ";"},     {"sol", "/"},
     {"verbar", "|"}, {"vert", "|"}}};
static_assert(std::is_sorted(kNamed.begin(), kNamed.end()));

std::string named_character(std::string_view name) {
  const auto found = std::lower_bound(kNamed.begin(), kNamed.end(), name,
                                      [](const Named& named, std::string_view wanted) { return named.first < wanted; });
  if (found != kNamed.end() && found->first == name) return std::string(found->second);
  const std::string ended(name);
  const htmlEntityDesc* const entity = htmlEntityLookup(reinterpret_cast<const xmlChar*>(ended.c_str()));
  return entity == nullptr ? "" : utf8(entity->value);
}

// "&#64;", "&#x40;", also without the semicolon, which browsers forgive.
Escape numeric_reference(std::string_view text) {
  const bool hexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  constexpr std::size_t kMostDigits = 8;
  std::uint64_t point = 0;
  const std::size_t first = hexadecimal ? 3 : 2;
  std::size_t at = first;
  for (; at < text.size() && at < first + kMostDigits; ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || (!hexadecimal && digit > 9)) break;
    point = point * (hexadecimal ? 16 : 10) + static_cast<std::uint64_t>(digit);
  }
  if (at == first || point > 0x10ffff) return {};
  if (at < text.size() && text[at] == ';') ++at;
  return {at, utf8(windows1252(static_cast<std::uint32_t>(point)))};
}

Escape reference(std::string_view text) {
  if (text.size() > 1 && text[1] == '#') return numeric_reference(text);
  constexpr std::size_t kLongestName = 12;
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestName && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
  if (std::string named = named_character(text.substr(1, end - 1)); !named.empty()) {
    return {end + (end < text.size() && text[end] == ';' ? 1 : 0), std::move(named)};
  }
  // Any text may follow these names, also without a semicolon.
  for (const std::string_view name : {"amp", "lt", "gt", "quot"}) {
    if (text.substr(1, name.size()) == name) return {1 + name.size(), named_character(name)};
  }
  return {};
}

Escape escape_at(std::string_view text) {
  switch (text.front()) {
    case '%': return percent(text);
    case '\\': return backslash(text);
    case '&': return reference(text);
    case '\r': return text.substr(1, 1) == "\n" ? Escape{1, ""} : Escape{};
    case '\xc2': return text.substr(1, 1) == "\xa0" ? Escape{2, " "} : Escape{};
    default: return {};
  }
}

Escape quoted_printable_at(std::string_view text) {
  if (text.front() != '=') return {};
  if (text.substr(1, 2) == "\r\n") return {3, ""};
  if (text.substr(1, 1) == "\n") return {2, ""};
  if (const auto byte = hex(text.substr(1), 2)) return {3, {static_cast<char>(*byte)}};
  return {};
}

void append(Reading& to, const Reading& from, std::size_t first, std::size_t length, std::string_view text) {
  for (const char c : text) {
    to.text += c;
    to.begin.push_back(from.begin[first]);
    to.end.push_back(from.end[first + length - 1]);
  }
}

template <class EscapeAt>
std::optional<Reading> resolved(const Reading& reading, EscapeAt escape) {
  const std::string_view text = reading.text;
  Reading result;
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const Escape found = escape(text.substr(at));
    any = any || found.length > 0;
    const std::size_t length = std::max<std::size_t>(found.length, 1);
    append(result, reading, at, length, found.length > 0 ? std::string_view(found.text) : text.substr(at, 1));
    at += length;
  }
  if (!any) return std::nullopt;
  return result;
}

int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

Reading as_written(std::string_view text) {
  Reading reading{std::string(text), std::vector<std::uint32_t>(text.size()), std::vector<std::uint32_t>(text.size())};
  for (std::size_t i = 0; i < text.size(); ++i) {
    reading.begin[i] = static_cast<std::uint32_t>(i);
    reading.end[i] = static_cast<std::uint32_t>(i + 1);
  }
  return reading;
}

std::optional<std::string> in_windows1252(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      result += text[at++];
      continue;
    }
    unsigned byte = 0x80;
    while (byte <= 0xff && text.substr(at, 3).rfind(utf8(windows1252(byte)), 0) != 0) ++byte;
    if (byte > 0xff) return std::nullopt;
    result += static_cast<char>(byte);
    at += utf8(windows1252(byte)).size();
  }
  if (result.size() == text.size()) return std::nullopt;
  return result;
}

std::optional<Reading> without_escapes(const Reading& reading) {
  if (reading.text.find_first_of("&%\\\r\xc2") == std::string::npos) return std::nullopt;
  return resolved(reading, escape_at);
}

std::optional<Reading> without_quoted_printable(const Reading& reading) {
  if (reading.text.find('=') == std::string::npos) return std::nullopt;
  return resolved(reading, quoted_printable_at);
}

std::optional<Reading> without_base64(const Reading& reading, std::size_t skipped) {
  constexpr std::size_t kShortestWord = 6;
  const std::string_view text = reading.text;
  Reading result;
  std::vector<std::size_t> word;  // positions of its characters, without the line breaks inside it
  const auto take_word = [&] {
    if (word.size() >= kShortestWord + skipped) {
      append(result, reading, word[0], 1, std::string_view("\0", 1));
      for (std::size_t i = skipped; i + 1 < word.size(); ++i) {
        // Two neighbours share a byte, except the last of one group and the first of the next.
        const std::size_t place = (i - skipped) % 4;
        if (place == 3) continue;
        const auto bits = static_cast<unsigned>(base64_digit(text[word[i]])) << 6U |
                          static_cast<unsigned>(base64_digit(text[word[i + 1]]));
        const char byte = static_cast<char>(bits >> (4U - 2U * place) & 0xffU);
        append(result, reading, word[i], word[i + 1] - word[i] + 1, {&byte, 1});
      }
    }
    word.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (base64_digit(text[at]) >= 0) {
      word.push_back(at);
    } else if (text[at] != '\r' && text[at] != '\n') {
      take_word();
    }
  }
  take_word();
  if (result.text.empty()) return std::nullopt;
  return result;
}

}  // namespace gelombang
