#include "engine/privacy/evidence.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>

namespace gelombang {
namespace {

constexpr std::size_t kShortestToken = 20;
constexpr std::size_t kMostUrl = 512;     // bytes
constexpr std::size_t kMostDetail = 512;  // bytes
constexpr std::size_t kMostValue = 256;   // bytes of a header's value
constexpr std::size_t kMostLines = 64;    // headers
constexpr std::size_t kLongestName = 64;  // of a header

// Headers whose values tell how an answer was made, and nothing about a person. Of all other headers only the name is
// kept.
constexpr std::array<std::string_view, 22> kTellingHeaders{
    "accept-ranges",     "age",          "allow",      "cache-control",
    "cf-cache-status",   "cf-ray",       "connection", "content-encoding",
    "content-length",    "content-type", "date",       "expires",
    "last-modified",     "retry-after",  "server",     "server-timing",
    "transfer-encoding", "vary",         "via",        "x-cache",
    "x-powered-by",      "x-request-id"};

static_assert(std::is_sorted(kTellingHeaders.begin(), kTellingHeaders.end()));

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool in_token(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '+' || c == '/' || c == '=' ||
         c == '.' || c == '~';
}

bool looks_like_token(std::string_view word) {
  if (word.size() < kShortestToken) return false;
  const auto any = [word](auto is) { return std::any_of(word.begin(), word.end(), is); };
  return any([](unsigned char c) { return std::isdigit(c) != 0; }) &&
         any([](unsigned char c) { return std::isalpha(c) != 0; });
}

// Parts of names whose values must not be shown.
constexpr std::array<std::string_view, 15> kNames{"passw",   "pwd", "sandi", "token", "secret",
                                                  "session", "sid", "csrf",  "xsrf",  "auth",
                                                  "key",     "otp", "nik",   "kode",  "bearer"};
// After these names, the rest of the line is removed.
constexpr std::array<std::string_view, 2> kLines{"authorization", "cookie"};

template <class Names>
bool is_named(std::string_view word, const Names& names) {
  const std::string name = lower(word);
  return std::any_of(names.begin(), names.end(),
                     [&name](std::string_view part) { return name.find(part) != std::string::npos; });
}

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }

// Spellings of a quote, and of the separator between a name and its value: plain, in JSON within JSON, in HTML, in a
// URL.
constexpr std::array<std::string_view, 8> kQuotes{"\"", "'", "\\\"", "\\'", "&quot;", "&#34;", "&#39;", "%22"};
constexpr std::array<std::string_view, 7> kBetween{"=>", ":", "=", "%3A", "%3a", "%3D", "%3d"};

template <class Words>
bool take_one(std::string_view text, std::size_t& at, const Words& words) {
  for (const std::string_view word : words) {
    if (!text.substr(at).starts_with(word)) continue;
    at += word.size();
    return true;
  }
  return false;
}

// `at`: the position after the name in <input name="otp" value="482913">.
std::size_t value_in_tag(std::string_view text, std::size_t at) {
  constexpr std::size_t kMostBetween = 80;
  std::string_view tag = text.substr(at, kMostBetween);
  tag = tag.substr(0, tag.find_first_of("<>"));
  const std::size_t value = tag.find("value=");
  if (value == std::string_view::npos) return 0;
  at += value + 6;
  take_one(text, at, kQuotes);
  return at;
}

// Where the value of the name in [begin, at) begins; 0 if no value follows.
std::size_t value_after(std::string_view text, std::size_t begin, std::size_t at) {
  const auto skip = [&] { at = std::min(text.find_first_not_of(' ', at), text.size()); };
  // <password>q7x2k9</password>
  if (begin > 0 && text[begin - 1] == '<' && text.substr(at).starts_with(">")) return at + 1;
  if (lower(text.substr(begin, at - begin)) == "bearer" && text.substr(at).starts_with(" ")) return at + 1;
  const std::size_t end = at;
  take_one(text, at, kQuotes);
  skip();
  if (!take_one(text, at, kBetween)) return value_in_tag(text, end);
  skip();
  take_one(text, at, kQuotes);
  return at;
}

std::string header_lines(const HttpResponse& response, const Redactor& redactor) {
  std::string lines;
  std::size_t count = 0;
  for (const auto& [shown, value] : response.headers) {
    if (++count > kMostLines) break;
    const std::string name = lower(redactor.redact(shown, kLongestName));
    const bool telling = std::binary_search(kTellingHeaders.begin(), kTellingHeaders.end(), name);
    std::string line = printable(name) + ": ";
    line += telling ? printable(redactor.redact(value, kMostValue)) : std::string("[redacted]");
    if (lines.size() + line.size() + 1 > Evidence::kMostHeaders) break;
    lines += line + '\n';
  }
  return lines;
}

enum class NamedValues : std::uint8_t { take_out, keep };

// The search for tokens reads more text than is kept, because the kept text may end inside a token.
std::string beginning(std::string_view text, std::size_t most, const Redactor& redactor,
                      NamedValues names = NamedValues::take_out) {
  std::string kept = redactor.redact(text, most * 2);
  if (names == NamedValues::take_out) kept = without_named_values(kept);
  kept = valid_utf8(without_cut_letter(without_tokens(kept)));
  if (kept.size() > most) kept.resize(without_cut_letter(std::string_view(kept).substr(0, most)).size());
  return kept;
}

// Everything except the body.
Evidence answer_of(const HttpResult& result, const Redactor& redactor) {
  Evidence evidence;
  evidence.method = names_of(result.response.method).sent;
  evidence.url = printable(beginning(result.response.url, kMostUrl, redactor));
  evidence.headers = header_lines(result.response, redactor);
  return evidence;
}

}  // namespace

std::string without_named_values(std::string_view text) {
  std::string result;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    while (end < text.size() && in_name(text[end])) ++end;
    const std::string_view name = text.substr(begin, end - begin);
    const bool line = is_named(name, kLines);
    const std::size_t value = line || is_named(name, kNames) ? value_after(text, begin, end) : 0;
    if (value == 0) {
      end = std::min(std::max(end, begin + 1), text.size());
      result += text.substr(begin, end - begin);
      begin = end;
      continue;
    }
    result += text.substr(begin, value - begin);
    const std::size_t stop = std::min(text.find_first_of(line ? "\r\n" : " \t\r\n&\"'<>,;}", value), text.size());
    if (stop > value) result += "[redacted]";
    begin = stop;
  }
  return result;
}

std::string without_tokens(std::string_view text) {
  std::string result;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    while (end < text.size() && in_token(text[end])) ++end;
    // A path is not a token, but each of its parts may be one.
    std::string_view word = text.substr(begin, end - begin);
    if (looks_like_token(word) && word.find_first_of("+=") != std::string_view::npos) {
      result += "[redacted]";
    } else if (looks_like_token(word)) {
      for (std::size_t at = 0; at <= word.size();) {
        const std::size_t slash = std::min(word.find('/', at), word.size());
        const std::string_view part = word.substr(at, slash - at);
        result += looks_like_token(part) ? std::string_view("[redacted]") : part;
        if (slash < word.size()) result += '/';
        at = slash + 1;
      }
    } else {
      result += word;
    }
    if (end < text.size()) result += text[end++];
    begin = end;
  }
  return result;
}

Evidence evidence_of(const HttpResult& result, const Redactor& redactor) {
  Evidence evidence = answer_of(result, redactor);
  evidence.body = beginning(result.response.body, Evidence::kMostBody, redactor);
  evidence.detail = printable(beginning(result.error_detail, kMostDetail, redactor));
  return evidence;
}

Evidence evidence_of(const FailedCheck& failed, const HttpResult* answer, const Redactor& redactor) {
  Evidence evidence = answer != nullptr ? answer_of(*answer, redactor) : Evidence{};
  const std::string_view seen = answer != nullptr ? std::string_view(answer->response.body) : std::string_view();
  evidence.body = beginning(failed.got.value_or(seen), Evidence::kMostBody, redactor);
  // In a pattern, the text after a sensitive name is a pattern, not a value.
  const auto names = failed.by == "capture" ? NamedValues::keep : NamedValues::take_out;
  const std::string words = fmt::format("{}: {}", failed.by, failed.text);
  evidence.detail = printable(beginning(words, kMostDetail, redactor, names));
  return evidence;
}

}  // namespace gelombang
