// Reads the few IMAP response lines that we ask for (RFC 3501, section 7). Lines that do not parse are skipped, because
// they come from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct ImapFolder {
  std::vector<std::string> flags;  // lower case: "\junk"
  char delimiter = '\0';           // '\0': no hierarchy
  std::string name;                // as the server encodes it (modified UTF-7)
};

struct ImapDate {
  std::uint32_t uid = 0;
  std::int64_t arrived = 0;  // INTERNALDATE, seconds since 1970
};

// "* LIST (\HasNoChildren \Junk) "/" "Junk E-mail"". Names sent as literals are not understood.
std::optional<ImapFolder> parse_list_line(std::string_view line);
// "* SEARCH 4 5 9": appends to `uids`. Bad: a response to SEARCH that is no list of numbers, such as "1:4294967295".
enum class SearchLine : std::uint8_t { other, good, bad };
SearchLine parse_search_line(std::string_view line, std::vector<std::uint32_t>& uids);
// "* 3 FETCH (UID 7 INTERNALDATE "23-Nov-2026 21:43:36 +0000")".
std::optional<ImapDate> parse_date_line(std::string_view line);
// "* OK [UIDVALIDITY 1795470194] UIDs valid".
std::optional<std::uint32_t> parse_uid_validity_line(std::string_view line);

// Calls `each` with every line, without its line end.
template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    each(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// The folders to look at for spam: those flagged \Junk (RFC 6154), else those with a usual name; at most 4.
std::vector<std::string> spam_folders_of(const std::vector<ImapFolder>& folders);

}  // namespace gelombang
