// Mailboxes that fall silent, disconnect or lie: one row of docs/numbers.md each. None of that is the target's fault.
#include "tests/probes/mail/odd_imap.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

// Takes a first look and, if it succeeds, a second look at a new mail.
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

using Odd = std::map<std::string, std::string>;

// A mailbox after its first look, and the mails that later looks deliver.
struct Watched {
  explicit Watched(Odd odd = {}) : server(std::move(odd)) { REQUIRE_FALSE(look().fault); }
  Look look() {
    return source->look([this](const RawMail& raw) {
      if (raw.unreadable == ErrorClass::none) {
        seen.emplace_back(raw.bytes);
      } else {
        unreadable.push_back(raw.unreadable);
      }
    });
  }

  OddImap server;
  FakeClock clock;
  std::unique_ptr<MailSource> source = open_imap(server.options(), clock).value();
  std::vector<std::string> seen;
  std::vector<ErrorClass> unreadable;
};

struct Row {
  std::string verb;
  std::string answer;
  ErrorClass error;
};

void check(const std::vector<Row>& rows, Duration answer_within = 1min) {
  for (const Row& row : rows) {
    INFO(row.verb << ": " << row.answer.substr(0, 80));
    OddImap server(Odd{{row.verb, row.answer}});
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
  OddImap server;
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
      {"greeting", "220 mail.test ESMTP\r\n", ErrorClass::mailbox_unreachable},  // this greeting is not an IMAP line
      {"CAPABILITY", kSilence, ErrorClass::mailbox_unreachable},
      {"LOGIN", kSilence, ErrorClass::mailbox_unreachable},
      {"LIST", "* LIST () \"/\" INBOX\r\n", ErrorClass::mailbox_unreachable},
      {"SELECT", kSilence, ErrorClass::mailbox_unreachable},
      {"UID SEARCH", "* SEARCH 7\r\n", ErrorClass::mailbox_unreachable},
      {"UID FETCH", kSilence, ErrorClass::mailbox_unreachable},
      // A literal that is shorter than its announced length.
      {"UID FETCH", "* 1 FETCH (UID 8 BODY[]<0> {90}\r\nTo: a@t\r\n\r\n", ErrorClass::mailbox_unreachable},
  };
  check(rows, 100ms);
}

TEST_CASE("imap faults: the first look ends in time, however slow the answers are") {
  OddImap server(Odd{{"UID SEARCH", kSilence}});
  FakeClock clock;
  MailboxOptions options = server.options();
  options.first_look_within = 100ms;
  auto source = open_imap(options, clock).value();
  const Look look = source->look([](const RawMail&) {});
  REQUIRE(look.fault);
  CHECK(look.fault->error == ErrorClass::mailbox_unreachable);

  // The limit covers all commands together: no command starts after it.
  OddImap slow;
  options = slow.options();
  source = open_imap(options, clock).value();
  clock.advance(60s);
  CHECK(source->look([](const RawMail&) {}).fault);
  CHECK(slow.commands() == 0);
  CHECK_FALSE(source->look([](const RawMail&) {}).fault);
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
      {"UID FETCH", "{tag} NO [SERVERBUG] later\r\n", ErrorClass::mailbox_protocol},
      {"UID FETCH", "{tag} BAD no\r\n", ErrorClass::mailbox_protocol},
      {"NOOP", "{tag} BAD no\r\n", ErrorClass::mailbox_protocol},
  });
}

TEST_CASE("imap faults: a mail that the server lists and does not hand over is given up, and may have been anybody's") {
  const auto answer = GENERATE("{tag} NO [UNAVAILABLE] later\r\n", "{tag} BAD what\r\n", "{tag} OK\r\n");
  Watched box(Odd{{"UID FETCH", answer}});
  box.server.mails = 1;
  int faults = 0;
  while (box.look().fault) REQUIRE(++faults < 10);
  CHECK(faults == 4);  // five attempts, the second one in the same look as the first
  CHECK(box.seen.empty());
  CHECK(box.unreadable == std::vector<ErrorClass>{ErrorClass::mailbox_protocol});
}

TEST_CASE("imap faults: what changed meanwhile may be told before the mail that was asked for") {
  const std::string mail = "* 1 FETCH (UID 8 BODY[]<0> {14}\r\nTo: a@t\r\n\r\nhi\n)\r\n{tag} OK\r\n";
  for (const std::string before : {"* 3 EXPUNGE\r\n", "* 2 EXISTS\r\n* 1 RECENT\r\n", "* OK still here\r\n",
                                   "* 2 FETCH (FLAGS (\\Seen))\r\n", "* 2 FETCH (UID 9 FLAGS () MODSEQ (12))\r\n"}) {
    INFO(before);
    Watched box;
    box.server.mails = 1;
    box.server.answer_once("UID FETCH", before + mail);
    const Look look = box.look();
    INFO((look.fault ? look.fault->detail : ""));
    CHECK_FALSE(look.fault);
    CHECK(box.seen == std::vector<std::string>{"To: a@t\r\n\r\nhi\n"});
  }
}

TEST_CASE("imap faults: one refusal delays a mail, and one that is listed no more is gone") {
  Watched box;
  box.server.mails = 1;
  box.server.answer_once("UID FETCH", "{tag} NO [UNAVAILABLE] later\r\n");
  box.server.answer_once("UID FETCH", "{tag} NO [UNAVAILABLE] later\r\n");
  CHECK(box.look().fault);
  CHECK_FALSE(box.look().fault);
  CHECK(box.seen.size() == 1);
  box.server.mails = 2;
  box.server.answer_once("UID FETCH", "{tag} OK\r\n");
  box.server.answer_once("UID SEARCH UID 9", "* SEARCH 9\r\n{tag} OK\r\n");  // the answer while mails are listed
  box.server.answer_once("UID SEARCH UID 9", "* SEARCH\r\n{tag} OK\r\n");
  CHECK_FALSE(box.look().fault);
  CHECK(box.seen.size() == 1);
  CHECK(box.unreadable.empty());
}

TEST_CASE("imap faults: a spam folder that is refused is a fault, unless it is gone") {
  const std::string without = "* LIST () \"/\" INBOX\r\n{tag} OK\r\n";
  Watched box(Odd{{"LIST", "* LIST () \"/\" INBOX\r\n* LIST (\\Junk) \"/\" Junk\r\n{tag} OK\r\n"}});
  box.server.mails = 1;
  SECTION("for a moment") {
    box.server.answer_once("SELECT Junk", "{tag} NO [UNAVAILABLE] later\r\n");
    const Look look = box.look();
    REQUIRE(look.fault);
    CHECK(look.fault->error == ErrorClass::mailbox_protocol);
    CHECK_FALSE(box.look().fault);
    CHECK(box.seen.size() == 2);
  }
  SECTION("it is gone, as the refusal says") {
    box.server.answer_once("SELECT Junk", "{tag} NO [NONEXISTENT] it is not there\r\n");
    CHECK_FALSE(box.look().fault);
    CHECK(box.seen.size() == 1);
  }
  SECTION("it is gone, as the list says") {
    box.server.answer_once("SELECT Junk", "{tag} NO it is not there\r\n");
    box.server.answer_once("LIST", without);
    box.server.answer_once("LIST", without);
    CHECK_FALSE(box.look().fault);
    CHECK(box.seen.size() == 1);
  }
}

TEST_CASE("imap faults: one wrong answer about the newest mail hides none of the later ones") {
  Watched box;
  box.server.mails = 1;
  box.server.answer_once("UID SEARCH UID *", "* SEARCH 4294967295\r\n{tag} OK\r\n");
  CHECK_FALSE(box.look().fault);
  CHECK(box.seen.size() == 1);
  box.server.mails = 2;
  CHECK_FALSE(box.look().fault);
  CHECK(box.seen.size() == 2);
}

TEST_CASE("imap faults: history without dates is a fault, unless it was deleted meanwhile") {
  check({
      {"INTERNALDATE", "{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"INTERNALDATE", "* 1 FETCH (UID 7 INTERNALDATE NIL)\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
      {"INTERNALDATE", "* 1 FETCH (FLAGS (\\Seen))\r\n{tag} OK\r\n", ErrorClass::mailbox_protocol},
  });
  OddImap server;
  server.answer_once("UID FETCH 7:7 (UID INTERNALDATE)", "{tag} OK\r\n");
  // The third command asks whether the mail still exists.
  server.answer_once("UID SEARCH UID 7:7", "* SEARCH\r\n{tag} OK\r\n");
  const FakeClock clock;
  CHECK_FALSE(open_imap(server.options(), clock).value()->look([](const RawMail&) {}).fault);
}

TEST_CASE("imap faults: sockets that were closed are let alone, whoever has their numbers now") {
  // The listener never accepts, and its queue is full: libcurl closes an abandoned connection without a callback.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, general, size) == 0);
  REQUIRE(::listen(listener, 0) == 0);
  REQUIRE(::getsockname(listener, general, &size) == 0);
  std::vector<int> opened{listener};
  for (int i = 0; i < 4; ++i) {
    opened.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(opened.back(), general, size);
  }

  MailboxOptions options;
  options.url = "imap://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  options.user = "u";
  options.password = Secret("p");
  options.answer_within = 100ms;
  const FakeClock clock;
  auto source = open_imap(options, clock).value();
  REQUIRE(source->look([](const RawMail&) {}).fault);
  std::array<std::array<int, 2>, 8> pairs{};
  for (auto& pair : pairs) REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  source.reset();
  for (const auto& pair : pairs) {
    char byte = 'x';
    CHECK(::send(pair[0], &byte, 1, MSG_NOSIGNAL) == 1);
    CHECK(::recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1);
    CHECK(::send(pair[1], &byte, 1, MSG_NOSIGNAL) == 1);
    opened.insert(opened.end(), pair.begin(), pair.end());
  }
  for (const int fd : opened) ::close(fd);
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
  OddImap server(
      Odd{{"UID SEARCH", "* SEARCH 4294967290\r\n{tag} OK\r\n"},
          {"INTERNALDATE", "* 1 FETCH (UID 4294967290 INTERNALDATE \"23-Nov-2026 21:43:36 +0000\")\r\n{tag} OK\r\n"}});
  CHECK_FALSE(look_of(server).fault);
  CHECK(server.commands() < 60);
}

TEST_CASE("imap faults: what one look reads is bounded, and the next one goes on") {
  OddImap server;
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

TEST_CASE("imap faults: no further mails are listed while very many wait to be read") {
  Watched box;
  box.server.mails = 12'500;
  REQUIRE_FALSE(box.look().fault);
  const int searches = box.server.searches();
  box.server.mails = 13'000;
  for (const int expected : {0, 0, 2}) {
    const int before = box.server.searches();
    const Look look = box.look();
    CHECK_FALSE(look.fault);
    CHECK_FALSE(look.whole);
    CHECK(box.server.searches() - before == expected);
  }
  CHECK(searches > 2);
}

TEST_CASE("imap faults: a name that only looks like this machine gets no password in plain text") {
  OddImap server;
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
