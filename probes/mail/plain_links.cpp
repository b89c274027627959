#include "probes/mail/links.hpp"
#include "probes/mail/url.hpp"

#include <glib.h>

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

using std::string_view;

constexpr string_view kBlanks = " \t\r\n";

bool starts_with_fold(string_view text, string_view prefix) {
  return text.size() >= prefix.size() &&
         g_ascii_strncasecmp(text.data(), prefix.data(), static_cast<gsize>(prefix.size())) == 0;
}

bool is_letter_or_digit(char c) { return g_ascii_isalnum(c) != 0 || static_cast<unsigned char>(c) >= 0x80; }

// Whether mail programs make a link of the text at `at`.
bool begins_url(string_view text, std::size_t at) {
  const string_view rest = text.substr(at);
  if (starts_with_fold(rest, "https://") || starts_with_fold(rest, "http://")) return true;
  if (!starts_with_fold(rest, "www.") || rest.size() <= 4 || !is_letter_or_digit(rest[4])) return false;
  return at == 0 || (!is_letter_or_digit(text[at - 1]) && string_view("@.-/").find(text[at - 1]) == string_view::npos);
}

// The length of the first letter of `text` (valid UTF-8) if a URL may hold it, otherwise 0. Typographic quotation
// marks, brackets and full stops are punctuation, like their ASCII forms.
std::size_t url_letter(string_view text) {
  const char c = text.front();
  if (static_cast<unsigned char>(c) < 0x80) {
    return static_cast<unsigned char>(c) <= ' ' || string_view("<>\"`\x7f").find(c) != string_view::npos ? 0 : 1;
  }
  const gunichar letter = g_utf8_get_char(text.data());
  if (g_unichar_isspace(letter) != 0) return 0;
  switch (g_unichar_type(letter)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_OPEN_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION: return 0;
    default: return static_cast<std::size_t>(g_utf8_next_char(text.data()) - text.data());
  }
}

// Removes the punctuation of the sentence, a closing bracket that was opened before the URL, and emphasis around the
// URL. `before` is the text before the URL.
string_view without_punctuation(string_view url, string_view before) {
  const auto unmatched = [url](char open, char close) {
    return std::count(url.begin(), url.end(), close) - std::count(url.begin(), url.end(), open);
  };
  auto round = unmatched('(', ')');
  auto square = unmatched('[', ']');
  auto curly = unmatched('{', '}');
  for (; !url.empty(); url.remove_suffix(1)) {
    const char last = url.back();
    const bool closes = (last == ')' && round-- > 0) || (last == ']' && square-- > 0) || (last == '}' && curly-- > 0);
    if (closes || string_view(".,;:!?'").find(last) != string_view::npos) continue;
    if (string_view("*_~|").find(last) == string_view::npos || before.empty() || before.back() != last) break;
    before.remove_suffix(1);
  }
  return url;
}

// If the address at `at` is inside "<...>": all text up to the closing bracket. Otherwise empty.
string_view bracketed(string_view text, std::size_t at) {
  string_view before = text.substr(0, at);
  const auto skip_blanks = [&before] { before = before.substr(0, before.find_last_not_of(kBlanks) + 1); };
  skip_blanks();
  if (before.size() >= 4 && starts_with_fold(before.substr(before.size() - 4), "URL:")) {
    before.remove_suffix(4);
    skip_blanks();
  }
  if (!before.ends_with('<')) return {};
  const string_view rest = text.substr(at, 2 * kMaxLinkUrlBytes);
  const std::size_t end = rest.find_first_of("<>\"");
  if (end == string_view::npos || rest[end] != '>') return {};
  // An empty line ends the paragraph, and with it the bracket.
  const string_view inside = rest.substr(0, end);
  for (std::size_t i = inside.find('\n'); i != string_view::npos; i = inside.find('\n', i + 1)) {
    const std::size_t next = inside.find_first_not_of(" \t\r", i + 1);
    if (next != string_view::npos && inside[next] == '\n') return {};
  }
  return inside;
}

struct Found {
  std::size_t size = 0;  // in the text
  std::string url;       // empty: none that can be opened
};

Found read_url(string_view text, std::size_t at) {
  Found found;
  std::string address;
  if (const string_view inside = bracketed(text, at); !inside.empty()) {
    found.size = inside.size();
    std::copy_if(inside.begin(), inside.end(), std::back_inserter(address),
                 [](char c) { return kBlanks.find(c) == string_view::npos; });
  } else {
    std::size_t end = at;
    while (end < text.size() && end - at <= kMaxLinkUrlBytes) {
      const std::size_t size = url_letter(text.substr(end));
      if (size == 0) break;
      end += size;
    }
    string_view url = text.substr(at, end - at);
    const bool before_bracket = end < text.size() && text[end] == '>';
    if (!before_bracket) url = without_punctuation(url, text.substr(0, at));
    found.size = url.size();
    address = url;
  }
  if (starts_with_fold(address, "www.")) address.insert(0, "http://");
  found.url = mend_url(address);
  return found;
}

}  // namespace

bool collect_plain_links(string_view text, std::vector<MailLink>& links) {
  bool whole = true;
  std::size_t label_begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    at = text.find_first_of("hHwW", at);
    if (at == string_view::npos) break;
    if (!begins_url(text, at)) {
      ++at;
      continue;
    }
    if (links.size() >= kMaxMailLinks) return false;
    Found found = read_url(text, at);
    whole = whole && found.size <= kMaxLinkUrlBytes;
    const std::size_t begin = std::max(label_begin, at > kMaxLinkLabelBytes ? at - kMaxLinkLabelBytes : 0);
    if (!found.url.empty()) {
      links.push_back({MailLink::Origin::plain, fold_label(text.substr(begin, at - begin)), std::move(found.url)});
    }
    at += std::max<std::size_t>(found.size, 1);
    label_begin = at;
  }
  return whole;
}

std::string unflowed(string_view text, bool del_sp) {
  std::string result;
  bool open = false;  // the line before goes on
  std::size_t open_depth = 0;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    string_view line = text.substr(0, newline);
    text.remove_prefix(newline == string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t depth = std::min(line.size(), line.find_first_not_of('>'));
    const string_view quotes = line.substr(0, depth);
    line.remove_prefix(depth);
    if (line.starts_with(' ')) line.remove_prefix(1);  // space-stuffed
    const bool signature = line == "-- ";
    // Lines of different depth are different paragraphs, whatever their ends say.
    const bool goes_on = open && depth == open_depth && !signature;
    if (open && !goes_on) result.push_back('\n');
    if (!goes_on) result.append(quotes);
    open = line.ends_with(' ') && !signature;
    open_depth = depth;
    if (open && del_sp) line.remove_suffix(1);
    result.append(line);
    if (!open) result.push_back('\n');
  }
  return result;
}

}  // namespace gelombang
