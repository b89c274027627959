// Mailboxes that fall silent, break off or lie: a row of docs/numbers.md each. None of it is the target's fault.
#include "probes/imap_source.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/raw_server.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSilence = "silence";  // says nothing, and stays
constexpr const char* kEnd = "end";          // closes

// An IMAP server with one mail, in good order but for the answers that a test gives by verb ("UID SEARCH", "greeting"),
// where "{tag}" stands for the command's.
class OddImap {
 public:
  explicit OddImap(std::map<std::string, std::string> odd)
      : odd_(std::move(odd)), server_([this](RawConnection& connection) { play(connection); }) {}

  [[nodiscard]] MailboxOptions options() const {
    MailboxOptions options;
    options.url = "imap://127.0.0.1:" + std::to_string(server_.port());
    options.user = "u";
    options.password = Secret("p");
    options.answer_within = answer_within;
    return options;
  }
  // Long where an answer comes: it must not depend on how busy the machine is.
  Duration answer_within = 1min;
  [[nodiscard]] int commands() const { return commands_; }

  // What is new since the look before: UIDs from 8 on. Called on the server's threads.
  std::atomic<int> mails = 0;

 private:
  std::string answer_to(const std::string& verb, const std::string& line) const {
    if (const auto odd = odd_.find(verb); odd != odd_.end()) return odd->second;
    if (verb == "greeting") return "* OK ready\r\n";
    if (verb == "CAPABILITY") return "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n";
    if (verb == "LIST") return "* LIST () \"/\" INBOX\r\n{tag} OK\r\n";
    if (verb == "SELECT") return "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK\r\n";
    if (verb == "UID SEARCH") return search(line);
    if (verb == "UID FETCH" && line.find("INTERNALDATE") != std::string::npos) {
      return "* 1 FETCH (UID 7 INTERNALDATE \"23-Nov-2026 21:43:36 +0000\")\r\n{tag} OK\r\n";
    }
    if (verb == "UID FETCH") return "* 1 FETCH (UID 8 BODY[]<0> {14}\r\nTo: a@t\r\n\r\nhi\n)\r\n{tag} OK\r\n";
    return "{tag} OK\r\n";
  }
  std::string search(const std::string& line) const {
    const int newest = 7 + mails;
    std::string list = "* SEARCH";
    const std::size_t colon = line.rfind(':');
    const int first = colon == std::string::npos ? newest : std::stoi(line.substr(line.rfind(' ') + 1));
    for (int uid = std::max(first, 7); uid <= newest; ++uid) list += " " + std::to_string(uid);
    return list + "\r\n{tag} OK\r\n";
  }
  void play(RawConnection& connection) {
    if (!say(connection, answer_to("greeting", ""), "")) return;
    for (std::string line = hear(connection); !line.empty(); line = hear(connection)) {
      ++commands_;
      const std::size_t end = line.find(' ');
      const std::string tag = line.substr(0, end);
      std::string verb = line.substr(end + 1, line.find(' ', end + 1) - end - 1);
      if (verb == "UID") verb = line.substr(end + 1, line.find(' ', end + 5) - end - 1);
      if (!say(connection, answer_to(verb, line), tag)) return;
    }
  }
  static bool say(RawConnection& connection, std::string answer, const std::string& tag) {
    if (answer == kEnd) return false;
    if (answer == kSilence) {
      connection.wait_for_close();
      return false;
    }
    for (std::size_t at = answer.find("{tag}"); at != std::string::npos; at = answer.find("{tag}")) {
      answer.replace(at, 5, tag);
    }
    const bool last = answer.ends_with(kEnd);
    if (last) answer.resize(answer.size() - std::string(kEnd).size());
    return connection.send(answer) && !last;
  }
  static std::string hear(RawConnection& connection) {
    std::string line;
    for (std::string byte = connection.read_bytes(1); !byte.empty() && byte != "\n"; byte = connection.read_bytes(1)) {
      if (byte != "\r") line += byte;
    }
    return line;
  }

  const std::map<std::string, std::string> odd_;
  std::atomic<int> commands_ = 0;
  RawServer server_;
};

// A first look and, where that goes well, one that meets a new mail.
Look look_of(OddImap& server, std::vector<std::string>* seen = nullptr) {
  const FakeClock clock;
  const auto source = open_imap(server.options(), clock).value();
  const auto deliver = [seen](const RawMail& raw) {
    if (seen != nullptr) seen->emplace_back(raw.bytes);
  };
  Look look = source->look(deliver);
  if (look.fault) return look;
  server.mails = 1;
  return source->look(deliver);
}

struct Row {
  std::string verb;
  std::string answer;
  ErrorClass error;
};

void check(const std::vector<Row>& rows, Duration answer_within = 1min) {
  for (const Row& row : rows) {
    INFO(row.verb << ": " << row.answer.substr(0, 80));
    OddImap server(std::map<std::string, std::string>{{row.verb, row.answer}});
    server.answer_within = answer_within;
    const Look look = look_of(server);
    REQUIRE(look.fault);
    CHECK(name(look.fault->error) == name(row.error));
    CHECK(info(look.fault->error).side == ErrorSide::mailbox);
    CHECK(look.fault->detail.find('\n') == std::string::npos);
  }
}

}  // namespace

TEST_CASE("imap faults: the server of these tests is in good order where it is told nothing else") {
  OddImap server({});
  std::vector<std::string> seen;
  const Look look = look_of(server, &seen);
  INFO((look.fault ? look.fault->detail : ""));
  CHECK_FALSE(look.fault);
  CHECK(look.whole);
  CHECK(seen == std::vector<std::string>{"To: a@t\r\n\r\nhi\n"});
}

TEST_CASE("imap faults: silence is an unreachable mailbox, whatever was asked") {
  const std::vector<Row> rows{
      {"greeting", kSilence, ErrorClass::mailbox_unreachable},
      {"greeting", "* OK re", ErrorClass::mailbox_unreachable},
      {"greeting", "220 mail.test ESMTP\r\n", ErrorClass::mailbox_unreachable},  // no line of IMAP's ever comes
      {"CAPABILITY", kSilence, ErrorClass::mailbox_unreachable},
      {"LOGIN", kSilence, ErrorClass::mailbox_unreachable},
      {"LIST", "* LIST () \"/\" INBOX\r\n", ErrorClass::mailbox_unreachable},
      {"SELECT", kSilence, ErrorClass::mailbox_unreachable},
      {"UID SEARCH", "* SEARCH 7\r\n", ErrorClass::mailbox_unreachable},
      {"UID FETCH", kSilence, ErrorClass::mailbox_unreachable},
      // A literal that is shorter than it says.
      {"UID FETCH", "* 1 FETCH (UID 8 BODY[]<0> {90}\r\nTo: a@t\r\n\r\n", ErrorClass::mailbox_unreachable},
  };
  check(rows, 100ms);
}

TEST_CASE("imap faults: so is one that ends the connection") {
  check({
      {"greeting", kEnd, ErrorClass::mailbox_unreachable},
      {"greeting", "* BYE too many connections\r\nend", ErrorClass::mailbox_unreachable},
      {"LOGIN", kEnd, ErrorClass::mailbox_unreachable},
      {"LIST", "* BYE going down\r\nend", ErrorClass::mailbox_unreachable},
      {"UID SEARCH", "* SEARCH 7end", ErrorClass::mailbox_unreachable},
      {"UID FETCH", "* 1 FETCH (UID 8 BODY[]<0> {90}\r\nTo: aend", ErrorClass::mailbox_unreachable},
  });
}

TEST_CASE("imap faults: a refused login says why") {
  check({
      {"LOGIN", "{tag} NO wrong password\r\n", ErrorClass::mailbox_auth},
      {"LOGIN", "{tag} NO [AUTHENTICATIONFAILED] no\r\n", ErrorClass::mailbox_auth},
      {"LOGIN", "{tag} NO [UNAVAILABLE] later\r\n", ErrorClass::mailbox_unreachable},
      {"LOGIN", "{tag} NO [LIMIT] too many\r\n", ErrorClass::mailbox_unreachable},
      {"LOGIN", "{tag} NO [PRIVACYREQUIRED] TLS\r\n", ErrorClass::mailbox_tls},
      {"LOGIN", "{tag} BAD what\r\n", ErrorClass::mailbox_protocol},
  });
}

TEST_CASE("imap faults: wrong and missing answers are nonsense, and never an empty mailbox") {
  check({
      {"greeting", "* NO\r\n", ErrorClass::mailbox_protocol},
      {"CAPABILITY", "B777 OK done\r\n", ErrorClass::mailbox_protocol},
      {"LOGIN", "B777 OK done\r\n", ErrorClass::mailbox_protocol},
      {"LIST", "{tag} NO no\r\n", ErrorClass::mailbox_protocol},
      {"LIST", "{tag} BAD no\r\n", ErrorClass::mailbox_protocol},
      {"SELECT", "{tag} NO no such mailbox\r\n", ErrorClass::mailbox_protocol},
      {"SELECT", "* 1 EXISTS\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},  // without UIDVALIDITY
      {"UID SEARCH", "{tag} OK done\r\n", ErrorClass::mailbox_protocol},
      {"UID SEARCH", "{tag} NO no\r\n", ErrorClass::mailbox_protocol},
      {"UID SEARCH", "A001 OK done\r\n", ErrorClass::mailbox_protocol},
      {"UID SEARCH", "* SEARCH 1:4294967295\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"UID SEARCH", "* SEARCH 99999999999\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"UID SEARCH", "* ESEARCH (TAG \"{tag}\") UID ALL 1:4294967295\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"UID FETCH", "* 1 FETCH (UID 8 BODY[]<0> NIL)\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"NOOP", "{tag} BAD no\r\n", ErrorClass::mailbox_protocol},
  });
}

TEST_CASE("imap faults: what is larger than we read is a limit of ours") {
  std::string lines;
  while (lines.size() < std::size_t{3} << 20) lines += "* OK still working on it, please wait a moment longer\r\n";
  const std::string endless(std::size_t{64} << 20, 'x');
  check({
      {"LIST", lines, ErrorClass::mailbox_limit},
      {"UID SEARCH", lines, ErrorClass::mailbox_limit},
      {"greeting", endless, ErrorClass::mailbox_limit},
      {"LIST", "* LIST " + endless, ErrorClass::mailbox_limit},
      {"UID SEARCH", "* SEARCH " + endless, ErrorClass::mailbox_limit},
      {"UID FETCH", "* 1 FETCH (UID 8 BODY[]<0> {67108864}\r\n" + endless + ")\r\n", ErrorClass::mailbox_limit},
  });
}

TEST_CASE("imap faults: a server with few mails far apart in four thousand million UIDs costs few commands") {
  OddImap server(std::map<std::string, std::string>{{"UID SEARCH", "* SEARCH 4294967290\r\n{tag} OK\r\n"}});
  CHECK_FALSE(look_of(server).fault);
  CHECK(server.commands() < 60);
}

TEST_CASE("imap faults: what one look reads is bounded, and the next one goes on") {
  OddImap server({});
  const FakeClock clock;
  const auto source = open_imap(server.options(), clock).value();
  REQUIRE_FALSE(source->look([](const RawMail&) {}).fault);
  server.mails = 2'500;
  std::vector<int> read;
  for (bool whole = false; !whole;) {
    int mails = 0;
    const Look look = source->look([&mails](const RawMail&) { ++mails; });
    REQUIRE_FALSE(look.fault);
    whole = look.whole;
    read.push_back(mails);
  }
  CHECK(read == std::vector<int>{1'000, 1'000, 500});
}

TEST_CASE("imap faults: a name that only looks like this machine gets no password in plain text") {
  OddImap server({});
  for (const char* host : {"x.localhost", "mail.localhost", "localhost."}) {
    INFO(host);
    MailboxOptions options = server.options();
    options.url = "imap://" + std::string(host) + options.url.substr(options.url.rfind(':'));
    const FakeClock clock;
    const Look look = open_imap(options, clock).value()->look([](const RawMail&) {});
    REQUIRE(look.fault);
    CHECK((look.fault->error == ErrorClass::mailbox_tls || look.fault->error == ErrorClass::mailbox_unreachable));
  }
}

}  // namespace gelombang::test
