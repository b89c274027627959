// The IMAP source with a real server: one look after the other, on a fake clock.
#include "probes/mail/imap_session.hpp"
#include "probes/mail/imap_source.hpp"
#include "probes/mail/message.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dovecot.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/raw_server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;
using Seen = std::vector<std::string>;

MailboxOptions options_for(const Dovecot& server) {
  MailboxOptions options;
  options.url = server.url();
  options.user = server.user();
  options.password = Secret(server.password());
  return options;
}

std::string mail(const std::string& body) { return "To: ani@peserta.test\r\n\r\n" + body; }

struct Box {
  explicit Box(const MailboxOptions& options) {
    auto opened = open_imap(options, clock);
    REQUIRE(opened.has_value());
    source = std::move(opened).value();
  }
  // Looks until all mails are read. Returns their bodies, sorted. A "!" in front marks spam.
  Seen look() {
    Seen seen;
    Look one;
    do {
      one = source->look([&](const RawMail& raw) {
        const std::size_t body = raw.bytes.find("\r\n\r\n");
        if (body == std::string_view::npos) return;
        seen.push_back((raw.folder == MailFolder::spam ? "!" : "") + std::string(raw.bytes.substr(body + 4)));
        if (on_mail) on_mail();
      });
      ++looks;
    } while (!one.whole);
    fault = one.fault;
    std::sort(seen.begin(), seen.end());
    return seen;
  }
  // A look that must succeed.
  Seen good_look() {
    Seen seen = look();
    INFO((fault ? fault->detail : std::string()));
    REQUIRE_FALSE(fault.has_value());
    return seen;
  }

  FakeClock clock;
  std::unique_ptr<MailSource> source;
  std::optional<MailFault> fault;
  std::function<void()> on_mail;
  int looks = 0;
};

// A second client of the same account.
class OtherClient {
 public:
  explicit OtherClient(const Dovecot& server) : session_(ImapSession::make(options_for(server)).value()) {}
  void run(const std::string& folder, const std::string& command) {
    std::string response;
    REQUIRE(session_->command(folder, command, ImapSession::Answer::one_line, response) == ImapSession::Status::done);
  }

 private:
  std::unique_ptr<ImapSession> session_;
};

}  // namespace

TEST_CASE("imap: what was there is history, new mail of inbox and spam folder is handed over once") {
  Dovecot server;
  server.deliver(mail("old"));
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  CHECK(box.good_look().empty());
  server.deliver(mail("a"));
  server.deliver(mail("b"), "Junk");
  CHECK(box.good_look() == Seen{"!b", "a"});
  CHECK(box.good_look().empty());
  server.deliver(mail("c"));
  CHECK(box.good_look() == Seen{"c"});
}

TEST_CASE("imap: without a spam folder new mail is seen as well") {
  Dovecot server({"", false});
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  for (const char* body : {"a", "b", "c"}) {
    server.deliver(mail(body));
    CHECK(box.good_look() == Seen{body});
  }
}

TEST_CASE("imap: the spam folder is found by its flag whatever its name, or by its name") {
  // The folder's name in the configuration, and its name on disk and over IMAP.
  const auto [options, directory] = GENERATE(std::pair(Dovecot::Options{"Ungewollt & so", true}, "Ungewollt &- so"),
                                             std::pair(Dovecot::Options{"Junk E-mail", false}, "Junk E-mail"));
  Dovecot server(options);
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  server.deliver(mail("a"), directory);
  CHECK(box.good_look() == Seen{"!a"});
}

TEST_CASE("imap: a spam folder that appears later is all new, one that goes away is no fault") {
  Dovecot server({"", false});
  Box box(options_for(server));
  OtherClient other(server);
  CHECK(box.good_look().empty());
  other.run("", "CREATE Spam");
  server.deliver(mail("a"), "Spam");
  CHECK(box.good_look().empty());
  box.clock.advance(30s);
  CHECK(box.good_look() == Seen{"!a"});
  other.run("", "DELETE Spam");
  CHECK(box.good_look().empty());
  server.deliver(mail("b"));
  CHECK(box.good_look() == Seen{"b"});
}

TEST_CASE("imap: a folder that is deleted and made again is read again, without counting a mail twice") {
  Dovecot server;
  Box box(options_for(server));
  OtherClient other(server);
  OtherClient(server).run("Junk", "NOOP");  // the server makes the folder when it is first selected
  server.deliver(mail("old"), "Junk");
  server.age_mails(1h, "Junk");  // known history is recognised by its date, in seconds
  CHECK(box.good_look().empty());
  for (const char* body : {"a", "a", "b"}) server.deliver(mail(body), "Junk");
  CHECK(box.good_look() == Seen{"!a", "!a", "!b"});
  other.run("", "DELETE Junk");
  other.run("", "CREATE Junk");
  for (const char* body : {"c", "a", "b"}) server.deliver(mail(body), "Junk");
  CHECK(box.good_look() == Seen{"!c"});
  // A mail that arrives after the rescan is new, even if an earlier mail had the same bytes.
  server.deliver(mail("a"), "Junk");
  server.deliver(mail("d"), "Junk");
  CHECK(box.good_look() == Seen{"!a", "!d"});
}

TEST_CASE("imap: after a new UIDVALIDITY of the inbox neither history nor known mail is new") {
  const bool with_spam = GENERATE(true, false);
  Dovecot server({with_spam ? "Junk" : "", true});
  for (int i = 0; i < 5; ++i) server.deliver(mail("old"));
  server.age_mails(1h);
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  server.deliver(mail("a"));
  server.deliver(mail("b"));
  CHECK(box.good_look() == Seen{"a", "b"});
  server.stop();
  CHECK(box.look().empty());
  REQUIRE(box.fault);
  CHECK(box.fault->error == ErrorClass::mailbox_unreachable);
  server.forget_uids();
  server.deliver(mail("c"));
  server.start();
  CHECK(box.good_look() == Seen{"c"});
  CHECK(box.good_look().empty());
  server.deliver(mail("d"));
  CHECK(box.good_look() == Seen{"d"});
}

TEST_CASE("imap: a server that restarts loses and repeats nothing") {
  Dovecot server;
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  for (int i = 0; i < 20; ++i) server.deliver(mail(std::to_string(100 + i)));
  // The server stops in the middle of a look.
  int mails = 0;
  Seen seen;
  box.on_mail = [&] {
    if (++mails == 7) server.stop();
  };
  seen = box.look();
  REQUIRE(box.fault);
  CHECK(seen.size() == 7);
  box.clock.advance(1s);
  CHECK(box.look().empty());
  server.start();
  for (const std::string& one : box.good_look()) seen.push_back(one);
  REQUIRE(seen.size() == 20);
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("imap: mail that came while the first look failed is new, by its date") {
  Dovecot server;
  server.deliver(mail("old"));
  server.age_mails(1h);
  server.stop();
  // The date of arrival is in wall time, and so is the time when the mailbox was opened.
  const SystemClock clock;
  auto source = open_imap(options_for(server), clock).value();
  const auto look = [&source](Seen& seen) {
    return source->look([&seen](const RawMail& raw) { seen.emplace_back(raw.bytes); }).fault;
  };
  Seen seen;
  CHECK(look(seen).has_value());
  server.deliver(mail("a"));
  server.start();
  CHECK_FALSE(look(seen).has_value());
  CHECK(seen == Seen{mail("a")});
}

TEST_CASE("imap: a long history is learned whole, and known again after a new UIDVALIDITY") {
  Dovecot server({"", false});
  constexpr int kMails = 5500;  // eleven times the number that is requested at once
  for (int i = 0; i < kMails; ++i) server.deliver(mail("old"));
  server.age_mails(1h);
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  server.deliver(mail("a"));
  CHECK(box.good_look() == Seen{"a"});
  server.stop();
  server.forget_uids();
  server.deliver(mail("b"));
  server.start();
  CHECK(box.good_look() == Seen{"b"});
}

TEST_CASE("imap: a backlog whose list is longer than a line of libcurl's is read whole") {
  Dovecot server;
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  constexpr int kMails = 4000;
  for (int i = 0; i < kMails; ++i) server.deliver(mail(std::to_string(10'000 + i)));
  const Seen seen = box.good_look();
  REQUIRE(seen.size() == kMails);
  for (int i = 0; i < kMails; ++i) REQUIRE(seen[static_cast<std::size_t>(i)] == std::to_string(10'000 + i));
  CHECK(box.good_look().empty());
}

TEST_CASE("imap: the list of a whole search, one line of 55 KB, is not cut") {
  std::string list = "* SEARCH";
  for (std::uint32_t i = 0; i < 5'000; ++i) list += " " + std::to_string(4'000'000'000 + i);
  RawServer server([&list](RawConnection& connection) {
    const auto hear = [&connection] {
      std::string line;
      while (!line.ends_with('\n')) {
        const std::string byte = connection.read_bytes(1);
        if (byte.empty()) break;
        line += byte;
      }
    };
    connection.send("* OK ready\r\n");
    hear();
    connection.send("* CAPABILITY IMAP4rev1\r\nA001 OK done\r\n");
    hear();
    connection.send("A002 OK logged in\r\n");
    hear();
    connection.send("* OK [UIDVALIDITY 7] valid\r\nA003 OK selected\r\n");
    hear();
    connection.send(list + "\r\nA004 OK done\r\n");
    connection.wait_for_close();
  });
  MailboxOptions options;
  options.url = "imap://127.0.0.1:" + std::to_string(server.port());
  options.user = "x";
  options.password = Secret("y");
  const auto session = ImapSession::make(options).value();
  std::string response;
  REQUIRE(session->command("INBOX", "UID SEARCH UID 1:5000", ImapSession::Answer::one_line, response) ==
          ImapSession::Status::done);
  CHECK(response == list + "\r\n");
  CHECK(session->uid_validity() == 7U);
  CHECK(session->connected_anew());
}

TEST_CASE("imap: a mail is handed over byte by byte, whatever it holds, and cut at the limit") {
  Dovecot server;
  Box box(options_for(server));
  CHECK(box.good_look().empty());
  std::string tricky = "A001 OK done\r\nA009 OK Fetch completed\r\n)\r\n* BYE\r\n* 1 FETCH (BODY[] {5}\r\n";
  for (int i = 0; i < 256; ++i) {
    if (i != '\0' && i != '\r' && i != '\n') tricky.push_back(static_cast<char>(i));
  }
  tricky += "\r\n";
  server.deliver(mail(tricky));
  CHECK(box.good_look() == Seen{tricky});
  server.deliver(mail(std::string(3 * kMaxMailBytes, 'x')));
  const Seen cut = box.good_look();
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].size() == kMaxMailBytes - mail("").size());
  server.deliver("");
  server.deliver(mail("after"));
  Seen seen = box.look();
  CHECK(std::find(seen.begin(), seen.end(), "after") != seen.end());
}

TEST_CASE("imap: a mail that another client deletes before it is read is no fault") {
  Dovecot server;
  Box box(options_for(server));
  OtherClient other(server);
  CHECK(box.good_look().empty());
  for (const char* body : {"a", "b", "c"}) server.deliver(mail(body));
  bool deleted = false;
  box.on_mail = [&] {
    if (std::exchange(deleted, true)) return;
    other.run("INBOX", R"(UID STORE 2 +FLAGS.SILENT (\Deleted))");
    other.run("INBOX", "EXPUNGE");
  };
  CHECK(box.good_look().size() == 2);
  server.deliver(mail("d"));
  CHECK(box.good_look() == Seen{"d"});
}

TEST_CASE("imap: a wrong password is a fault of the mailbox, and no secret is told") {
  Dovecot server;
  MailboxOptions options = options_for(server);
  options.password = Secret("rahasia-keliru");
  Box box(options);
  CHECK(box.look().empty());
  REQUIRE(box.fault);
  CHECK(box.fault->error == ErrorClass::mailbox_auth);
  CHECK(box.fault->detail.find("rahasia") == std::string::npos);
  CHECK(box.fault->detail.find(options.user) == std::string::npos);
}

TEST_CASE("imap: TLS needs a certificate that is trusted and for the right name") {
  Dovecot server;
  MailboxOptions options = options_for(server);
  options.url = server.tls_url();
  const auto error_of = [](const MailboxOptions& with) {
    Box box(with);
    box.look();
    return box.fault ? box.fault->error : ErrorClass::none;
  };
  CHECK(error_of(options) == ErrorClass::mailbox_tls);
  options.verify_certificates = false;
  CHECK(error_of(options) == ErrorClass::none);
  options.verify_certificates = true;
  options.ca_file = server.certificate();
  CHECK(error_of(options) == ErrorClass::none);
  options.url = "imaps://127.0.0.1" + options.url.substr(options.url.rfind(':'));
  CHECK(error_of(options) == ErrorClass::mailbox_tls);
}

TEST_CASE("imap: beyond loopback a password is only sent under TLS") {
  // Linux connects 0.0.0.0 to this machine, but it is not a loopback address.
  Dovecot server;
  MailboxOptions options = options_for(server);
  options.url = "imap://0.0.0.0:" + std::to_string(server.port());
  options.verify_certificates = false;
  Box secure(options);
  secure.good_look();

  std::string heard;
  {
    RawServer plain([&heard](RawConnection& connection) {
      connection.send("* OK ready\r\n");
      // "A001 CAPABILITY", then anything else that the client sends.
      heard = connection.read_bytes(17);
      connection.send("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA001 OK done\r\n");
      heard += connection.read_bytes(1000);
    });
    options.url = "imap://0.0.0.0:" + std::to_string(plain.port());
    Box open(options);
    open.look();
    REQUIRE(open.fault);
    CHECK(open.fault->error == ErrorClass::mailbox_tls);
  }
  CHECK(heard.find("A001 CAPABILITY") == 0);
  CHECK(heard.find("LOGIN") == std::string::npos);
  CHECK(heard.find("AUTHENTICATE") == std::string::npos);
}

TEST_CASE("imap: each way to fail has its class") {
  const auto fault_of = [](std::uint16_t port) {
    MailboxOptions options;
    options.url = "imap://127.0.0.1:" + std::to_string(port);
    options.user = "x";
    options.password = Secret("y");
    Box box(options);
    box.look();
    REQUIRE(box.fault);
    return box.fault->error;
  };
  CHECK(fault_of(free_port()) == ErrorClass::mailbox_unreachable);
  RawServer odd([](RawConnection& connection) { connection.send("* BAD nonsense\r\n"); });
  CHECK(fault_of(odd.port()) == ErrorClass::mailbox_protocol);
  RawServer closing([](RawConnection&) {});
  CHECK(info(fault_of(closing.port())).side == ErrorSide::mailbox);
  RawServer unavailable([](RawConnection& connection) {
    connection.send("* OK ready\r\n");
    connection.read_bytes(17);
    connection.send("* CAPABILITY IMAP4rev1\r\nA001 OK\r\n");
    connection.read_bytes(14);
    connection.send("A002 NO [UNAVAILABLE] try later\r\n");
    connection.wait_for_close();
  });
  CHECK(fault_of(unavailable.port()) == ErrorClass::mailbox_unreachable);

  SECTION("and our own lack of descriptors is ours") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    MailboxOptions options;
    options.url = "imap://127.0.0.1:" + std::to_string(odd.port());
    options.user = "x";
    options.password = Secret("y");
    Box box(options);
    std::vector<int> taken;
    rlimit low = before;
    low.rlim_cur = 64;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken.push_back(fd);
    box.look();
    for (const int fd : taken) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE(box.fault);
    CHECK(box.fault->error == ErrorClass::generator_descriptors);
  }
}

TEST_CASE("imap: a look at a server that says nothing can be stopped") {
  RawServer silent([](RawConnection& connection) { connection.wait_for_close(); });
  MailboxOptions options;
  options.url = "imap://127.0.0.1:" + std::to_string(silent.port());
  options.user = "x";
  options.password = Secret("y");
  Box box(options);
  auto ended = std::async(std::launch::async, [&box] { box.look(); });
  while (silent.accepted() == 0) std::this_thread::sleep_for(1ms);
  box.source->stop();
  CHECK(ended.wait_for(5s) == std::future_status::ready);
  ended.get();
  CHECK(box.fault.has_value());
}

TEST_CASE("imap: bad options are refused with one line that repeats no secret") {
  const FakeClock clock;
  const auto message = [&clock](const std::string& url, const std::string& user = "u", const std::string& ca = "") {
    MailboxOptions options;
    options.url = url;
    options.user = user;
    options.password = Secret("p");
    options.ca_file = ca;
    const auto result = open_imap(options, clock);
    REQUIRE(result.has_error());
    CHECK(result.error().message.find('\n') == std::string::npos);
    return result.error().message;
  };
  CHECK(message("pop3://mail.test").find("pop3") != std::string::npos);
  CHECK(message("").find("imap://HOST") != std::string::npos);
  CHECK(message("imap://u:rahasia@mail.test").find("rahasia") == std::string::npos);
  CHECK(message("imap://u@mail.test").find("user") != std::string::npos);
  CHECK(message("imap://mail.test/INBOX").find("path") != std::string::npos);
  CHECK(message("imap://mail.test:99999").find("URL") != std::string::npos);
  CHECK(message("imap://mail.test", "").find("user and a password") != std::string::npos);
  CHECK(message("imaps://mail.test", "u", "/none/ca.pem").find("/none/ca.pem") != std::string::npos);
}

}  // namespace gelombang::test
