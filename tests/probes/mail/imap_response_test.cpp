#include "probes/mail/imap_response.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <filesystem>

namespace gelombang::test {

using Names = std::vector<std::string>;

TEST_CASE("imap response: LIST lines give flags, delimiter and name, quoted or not") {
  const auto quoted = parse_list_line(R"(* LIST (\HasNoChildren \Junk) "/" "Junk \"E\"-mail")");
  REQUIRE(quoted);
  CHECK(quoted->flags == Names{"\\hasnochildren", "\\junk"});
  CHECK(quoted->delimiter == '/');
  CHECK(quoted->name == "Junk \"E\"-mail");
  const auto atom = parse_list_line(R"(* list () "." INBOX.Spam)");
  REQUIRE(atom);
  CHECK(atom->flags.empty());
  CHECK(atom->name == "INBOX.Spam");
  CHECK(parse_list_line(R"(* LIST (\Noselect) NIL Top)")->delimiter == '\0');
}

TEST_CASE("imap response: what is no LIST line is skipped") {
  for (const char* line : {"", "* LIST", "* LIST (", "* LIST ()", R"(* LIST () "/")", R"(* LIST () "/" ")",
                           "* LIST () \"/\" {5}", R"(* LSUB () "/" INBOX)", "A001 OK List completed"}) {
    INFO(line);
    CHECK_FALSE(parse_list_line(line).has_value());
  }
}

TEST_CASE("imap response: SEARCH lines give UIDs, and say where they are no list of numbers") {
  std::vector<std::uint32_t> uids;
  CHECK(parse_search_line("* SEARCH 4 5 4294967295", uids) == SearchLine::good);
  CHECK(parse_search_line("* SEARCH", uids) == SearchLine::good);
  CHECK(parse_search_line("* SEARCH ", uids) == SearchLine::good);
  CHECK(parse_search_line("* search 7", uids) == SearchLine::good);
  CHECK(parse_search_line("* SEARCH 8 (MODSEQ 917162500)", uids) == SearchLine::good);
  CHECK(parse_search_line("* SEARCH 0", uids) == SearchLine::bad);
  CHECK(parse_search_line("* SEARCH x 8", uids) == SearchLine::bad);
  CHECK(parse_search_line("* SEARCH 99999999999", uids) == SearchLine::bad);
  CHECK(parse_search_line("* 3 EXISTS", uids) == SearchLine::other);
  CHECK(uids == std::vector<std::uint32_t>{4, 5, 4294967295, 7, 8});
  // A range is no valid response to SEARCH, and is not expanded.
  uids.clear();
  CHECK(parse_search_line("* SEARCH 1:4294967295", uids) == SearchLine::bad);
  CHECK(parse_search_line(R"(* ESEARCH (TAG "A282") UID ALL 1:4294967295)", uids) == SearchLine::bad);
  CHECK(uids.size() <= 1);
}

TEST_CASE("imap response: FETCH lines give the date of arrival, in whatever order") {
  const auto date = parse_date_line(R"(* 3 FETCH (UID 7 INTERNALDATE "23-Nov-2026 21:43:36 +0000"))");
  REQUIRE(date);
  CHECK(date->uid == 7);
  CHECK(date->arrived == 1'795'470'216);
  const auto other =
      parse_date_line(R"(* 3 FETCH (INTERNALDATE " 3-Nov-2026 21:43:36 +0700" FLAGS (\Seen \Recent) UID 8))");
  REQUIRE(other);
  CHECK(other->uid == 8);
  CHECK(other->arrived == 1'795'470'216 - 20 * 86'400 - 7 * 3'600);
  // Items that were not requested are skipped.
  for (const char* line :
       {R"(* 3 FETCH (MODSEQ (624140003) UID 7 INTERNALDATE "23-Nov-2026 21:43:36 +0000"))",
        R"(* 3 FETCH (UID 7 X-GM-MSGID 12 INTERNALDATE "23-Nov-2026 21:43:36 +0000" EMAILID (M6d99ac3275bb4e)))",
        R"(* 3 FETCH (ENVELOPE (NIL "a \") b" (("x" NIL))) UID 7 INTERNALDATE "23-Nov-2026 21:43:36 +0000"))"}) {
    INFO(line);
    const auto one = parse_date_line(line);
    REQUIRE(one);
    CHECK(one->uid == 7);
    CHECK(one->arrived == 1'795'470'216);
  }
  for (const char* line :
       {"* 3 FETCH (UID 7 MODSEQ (", "* 3 FETCH (UID 7 INTERNALDATE NIL)", "* 3 FETCH (UID 7 X", "* 3 FETCH (UID 7 )))",
        R"(* 3 FETCH (UID 7 X "a)", "* 3 FETCH (UID 7 X {3}", "", "* 3 FETCH (", "* 3 FETCH (UID 7)",
        R"(* 3 FETCH (INTERNALDATE "23-Nov-2026 21:43:36 +0000"))", R"(* 3 FETCH (UID 7 INTERNALDATE "nonsense"))",
        "* 3 FETCH (UID x", "* 3 FETCH (FLAGS (", "* 3 EXPUNGE"}) {
    INFO(line);
    CHECK_FALSE(parse_date_line(line).has_value());
  }
}

TEST_CASE("imap response: UIDVALIDITY is read from the answer to SELECT") {
  CHECK(parse_uid_validity_line("* OK [UIDVALIDITY 1795470194] UIDs valid\r\n") == 1'795'470'194U);
  CHECK(parse_uid_validity_line("* ok [uidvalidity 1]") == 1U);
  CHECK_FALSE(parse_uid_validity_line("* OK [UIDNEXT 4] Predicted next UID").has_value());
  CHECK_FALSE(parse_uid_validity_line("* OK [UIDVALIDITY ]").has_value());
}

TEST_CASE("imap response: the Junk flag names the spam folder, else its usual names do") {
  const ImapFolder inbox{{}, '/', "INBOX"};
  const ImapFolder spam{{}, '/', "Spam"};
  const ImapFolder flagged{{"\\junk"}, '/', "Ungewollt"};
  const ImapFolder parent{{"\\noselect"}, '/', "Junk"};
  CHECK(spam_folders_of({inbox, spam, flagged}) == Names{"Ungewollt"});
  CHECK(spam_folders_of({inbox, spam, parent}) == Names{"Spam"});
  CHECK(spam_folders_of({inbox}).empty());
  CHECK(spam_folders_of(std::vector<ImapFolder>(100, spam)).size() == 4);
}

TEST_CASE("imap response: whatever the fuzzer found once is read without harm") {
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/imap")) {
    const std::string bytes = read_file(file.path().string());
    INFO(file.path());
    std::vector<std::uint32_t> uids;
    std::vector<ImapFolder> folders;
    for_each_line(bytes, [&](std::string_view line) {
      if (auto folder = parse_list_line(line)) folders.push_back(std::move(*folder));
      parse_date_line(line);
      parse_uid_validity_line(line);
      parse_search_line(line, uids);
    });
    CHECK(uids.size() <= bytes.size() / 2);
    CHECK(spam_folders_of(folders).size() <= 4);
    ++files;
  }
  CHECK(files >= 5);
}

}  // namespace gelombang::test
