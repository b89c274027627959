#include "probes/imap_response.hpp"

#include "tests/support/catch.hpp"

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

TEST_CASE("imap response: SEARCH lines give UIDs, as far as they are numbers") {
  std::vector<std::uint32_t> uids;
  parse_search_line("* SEARCH 4 5 4294967295", uids);
  parse_search_line("* SEARCH", uids);
  parse_search_line("* search 7", uids);
  parse_search_line("* SEARCH x 8", uids);
  parse_search_line("* SEARCH 99999999999", uids);
  parse_search_line("* 3 EXISTS", uids);
  CHECK(uids == std::vector<std::uint32_t>{4, 5, 4294967295, 7});
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
  for (const char* line :
       {"", "* 3 FETCH (", "* 3 FETCH (UID 7)", R"(* 3 FETCH (INTERNALDATE "23-Nov-2026 21:43:36 +0000"))",
        R"(* 3 FETCH (UID 7 INTERNALDATE "nonsense"))", "* 3 FETCH (UID x", "* 3 FETCH (FLAGS (", "* 3 EXPUNGE"}) {
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

TEST_CASE("imap response: the flag \\Junk names the spam folder, else its usual names do") {
  const ImapFolder inbox{{}, '/', "INBOX"};
  const ImapFolder spam{{}, '/', "Spam"};
  const ImapFolder flagged{{"\\junk"}, '/', "Ungewollt"};
  const ImapFolder parent{{"\\noselect"}, '/', "Junk"};
  CHECK(spam_folders_of({inbox, spam, flagged}) == Names{"Ungewollt"});
  CHECK(spam_folders_of({inbox, spam, parent}) == Names{"Spam"});
  CHECK(spam_folders_of({inbox}).empty());
  CHECK(spam_folders_of(std::vector<ImapFolder>(100, spam)).size() == 4);
}

}  // namespace gelombang::test
