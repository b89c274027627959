#include "probes/mail/imap_response.hpp"

#include "base/ascii.hpp"
#include "probes/mail/folder.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace gelombang {
namespace {

constexpr std::size_t kMaxSpamFolders = 4;
constexpr std::size_t kMaxFlags = 32;

char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Removes `word` (upper case) and the blanks after it from the front.
bool take_word(std::string_view& line, std::string_view word) {
  if (line.size() < word.size() ||
      !std::equal(word.begin(), word.end(), line.begin(), [](char a, char b) { return a == ascii_upper(b); })) {
    return false;
  }
  line.remove_prefix(word.size());
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  return true;
}

std::optional<std::uint32_t> take_number(std::string_view& line) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc()) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  return value;
}

// A quoted string with its escapes, or an atom.
std::optional<std::string> take_string(std::string_view& line) {
  std::string text;
  if (!line.starts_with('"')) {
    const std::string_view atom = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), atom.size() + 1));
    if (atom.empty() || atom.front() == '{') return std::nullopt;
    return std::string(atom);
  }
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"') {
      line.remove_prefix(i + 1);
      line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
      return text;
    }
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    text.push_back(line[i]);
  }
  return std::nullopt;
}

// Removes a name and its value from the front. The value is an atom, a quoted string, or a list of them.
bool skip_attribute(std::string_view& line) {
  const std::size_t name = line.find(' ');
  if (name == 0 || name == std::string_view::npos) return false;
  bool quoted = false;
  int depth = 0;
  for (std::size_t i = name + 1; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
      continue;
    }
    if (c == '{') return false;  // a literal follows, on lines of its own
    if (depth == 0 && (c == ' ' || c == ')')) {
      line.remove_prefix(i);
      line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
      return true;
    }
    quoted = c == '"';
    if (c == '(') ++depth;
    if (c == ')') --depth;
  }
  return false;
}

bool has_flag(const ImapFolder& folder, std::string_view flag) {
  return std::find(folder.flags.begin(), folder.flags.end(), flag) != folder.flags.end();
}

}  // namespace

std::optional<ImapFolder> parse_list_line(std::string_view line) {
  if (!take_word(line, "* LIST (")) return std::nullopt;
  const std::size_t close = line.find(')');
  if (close == std::string_view::npos) return std::nullopt;
  ImapFolder folder;
  std::string_view flags = line.substr(0, close);
  while (!flags.empty() && folder.flags.size() < kMaxFlags) {
    std::string flag(flags.substr(0, flags.find(' ')));
    flags.remove_prefix(std::min(flags.size(), flag.size() + 1));
    std::transform(flag.begin(), flag.end(), flag.begin(), ascii_lower);
    if (!flag.empty()) folder.flags.push_back(std::move(flag));
  }
  line.remove_prefix(close + 1);
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  const auto delimiter = take_string(line);
  auto name = take_string(line);
  if (!delimiter || !name || name->empty()) return std::nullopt;
  if (delimiter->size() == 1) folder.delimiter = delimiter->front();
  folder.name = std::move(*name);
  return folder;
}

SearchLine parse_search_line(std::string_view line, std::vector<std::uint32_t>& uids) {
  if (!take_word(line, "* SEARCH")) return take_word(line, "* ESEARCH") ? SearchLine::bad : SearchLine::other;
  while (const auto uid = take_number(line)) {
    if (*uid == 0) return SearchLine::bad;  // RFC 3501, 9: nz-number
    uids.push_back(*uid);
  }
  return line.empty() || line.starts_with("(MODSEQ ") ? SearchLine::good : SearchLine::bad;  // RFC 7162
}

std::optional<ImapDate> parse_date_line(std::string_view line) {
  if (!take_word(line, "* ") || !take_number(line) || !take_word(line, "FETCH (")) return std::nullopt;
  ImapDate date;
  bool has_uid = false;
  bool has_date = false;
  // The server chooses the order, and may add what was not asked for: FLAGS that changed meanwhile, MODSEQ.
  while (!line.empty() && !line.starts_with(')')) {
    if (take_word(line, "UID ")) {
      const auto uid = take_number(line);
      if (!uid) return std::nullopt;
      date.uid = *uid;
      has_uid = true;
    } else if (take_word(line, "INTERNALDATE ")) {
      const auto text = take_string(line);
      if (!text) return std::nullopt;
      date.arrived = curl_getdate(text->c_str(), nullptr);
      has_date = date.arrived >= 0;
    } else if (!skip_attribute(line)) {
      return std::nullopt;
    }
  }
  return has_uid && has_date ? std::optional(date) : std::nullopt;
}

std::optional<std::uint32_t> parse_uid_validity_line(std::string_view line) {
  if (!take_word(line, "* OK [UIDVALIDITY ")) return std::nullopt;
  return take_number(line);
}

std::vector<std::string> spam_folders_of(const std::vector<ImapFolder>& folders) {
  std::vector<std::string> names;
  const auto add = [&](auto fits) {
    for (const ImapFolder& folder : folders) {
      const bool selectable = !has_flag(folder, "\\noselect") && !has_flag(folder, "\\nonexistent");
      if (names.size() < kMaxSpamFolders && selectable && fits(folder)) names.push_back(folder.name);
    }
  };
  add([](const ImapFolder& folder) { return has_flag(folder, "\\junk"); });
  if (names.empty()) add([](const ImapFolder& folder) { return is_spam_folder_name(folder.name, folder.delimiter); });
  return names;
}

}  // namespace gelombang
