// Lines of an IMAP server. Add inputs that crash to the seeds in tests/fuzz_corpus/imap, which the unit tests replay.
#include "probes/mail/imap_response.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<std::uint32_t> uids;
  std::vector<gelombang::ImapFolder> folders;
  gelombang::for_each_line(bytes, [&](std::string_view line) {
    if (auto folder = gelombang::parse_list_line(line)) folders.push_back(std::move(*folder));
    gelombang::parse_date_line(line);
    gelombang::parse_uid_validity_line(line);
    gelombang::parse_search_line(line, uids);
  });
  // A number takes at least two bytes: a range must not be expanded into its numbers.
  if (uids.size() > size / 2 || gelombang::spam_folders_of(folders).size() > 4) __builtin_trap();
  return 0;
}
