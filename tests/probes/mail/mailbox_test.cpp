// The whole mailbox with its thread, on a Maildir and on a real IMAP server.
#include "probes/mail/mailbox.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dovecot.hpp"
#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Kind = MailOutcome::Kind;

const SystemClock kClock;

// Expects mail for people by number, and collects the outcomes.
class People {
 public:
  explicit People(const MailboxOptions& options) {
    auto opened = Mailbox::open(options, kClock);
    REQUIRE(opened.has_value());
    mailbox = std::move(opened).value();
  }
  ~People() { mailbox.reset(); }
  People(const People&) = delete;
  People& operator=(const People&) = delete;

  static std::string address(int person) { return "uji" + std::to_string(person) + "@peserta.test"; }
  static std::string link(int person) { return "https://portal.test/verifikasi?token=" + std::to_string(person); }
  static std::string mail(int person) {
    return "From: Portal <no-reply@portal.test>\r\nTo: " + address(person) +
           "\r\nSubject: Verifikasi\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
           "<p>Halo,</p><p><a href=\"" +
           link(person) + "\">Verifikasi Email Sekarang</a></p>\r\n";
  }
  Mailbox::ExpectationId expect(int person, Duration expected_within = 30s, Duration give_up_after = 60s) {
    MailExpectation expectation;
    expectation.recipient = address(person);
    expectation.link_text = "Verifikasi Email Sekarang";
    expectation.caused_at = kClock.now();
    expectation.expected_within = expected_within;
    expectation.give_up_after = give_up_after;
    return mailbox->expect(expectation, [this, person](MailOutcome outcome) {
      const std::scoped_lock lock(mutex_);
      outcomes_[person].push_back(std::move(outcome));
      ++ended_;
      changed_.notify_all();
    });
  }
  // Waits until `count` expectations have ended.
  bool wait_for(int count, std::chrono::seconds limit = 60s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return ended_ >= count; });
  }
  std::map<int, std::vector<MailOutcome>> outcomes() {
    const std::scoped_lock lock(mutex_);
    return outcomes_;
  }

  std::unique_ptr<Mailbox> mailbox;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, std::vector<MailOutcome>> outcomes_;
  int ended_ = 0;
};

MailboxOptions options_for(const Dovecot& server) {
  MailboxOptions options;
  options.url = server.url();
  options.user = server.user();
  options.password = Secret(server.password());
  options.poll_interval = 50ms;
  return options;
}

std::map<MailResult, int> count(const Mailbox::Tally& tally) {
  std::map<MailResult, int> counts;
  for (const MailSample& sample : tally.samples) ++counts[sample.result];
  return counts;
}

using Counts = std::map<MailResult, int>;

}  // namespace

TEST_CASE("mailbox: on a Maildir people get their own mail and link") {
  TemporaryDirectory temporary;
  for (const char* part : {"new", "cur", "tmp"}) fs::create_directory(temporary.file(part));
  write_file(temporary.file("new/0"), People::mail(0));
  MailboxOptions options;
  options.url = "maildir:" + temporary.path();
  options.poll_interval = 20ms;
  People people(options);
  for (int i = 0; i < 100; ++i) people.expect(i, 30s, i == 0 ? Duration(30s) : Duration(60s));
  for (int i = 1; i < 100; ++i) {
    const std::string name = std::to_string(i);
    write_file(temporary.file("tmp/" + name), People::mail(i));
    fs::rename(temporary.file("tmp/" + name), temporary.file("new/" + name));
  }
  REQUIRE(people.wait_for(99));
  // Person 0 has only the mail that was there before the mailbox was opened.
  const auto tally = people.mailbox->finish();
  REQUIRE(people.wait_for(100));
  auto outcomes = people.outcomes();
  CHECK(outcomes[0].at(0).kind == Kind::interrupted);
  for (int i = 1; i < 100; ++i) {
    REQUIRE(outcomes[i].size() == 1);
    CHECK(outcomes[i][0].kind == Kind::delivered);
    CHECK(outcomes[i][0].subject == "Verifikasi");
    CHECK(outcomes[i][0].link == People::link(i));
  }
  CHECK(tally.healthy);
  CHECK(count(tally) == Counts{{MailResult::in_time, 99}, {MailResult::pending, 1}});
}

TEST_CASE("mailbox: a cancelled wait ends inside the call, and at the end of the mailbox all others do") {
  TemporaryDirectory temporary;
  for (const char* part : {"new", "cur"}) fs::create_directory(temporary.file(part));
  MailboxOptions options;
  options.url = "maildir:" + temporary.path();
  options.poll_interval = 20ms;
  auto mailbox = Mailbox::open(options, kClock).value();
  std::atomic<int> told = 0;
  MailExpectation expectation;
  expectation.recipient = "a@t";
  expectation.caused_at = kClock.now();
  const auto note = [&](const MailOutcome& outcome) {
    CHECK(outcome.kind == Kind::interrupted);
    ++told;
  };
  mailbox->cancel(mailbox->expect(expectation, note));
  CHECK(told == 1);
  mailbox->expect(expectation, note);
  mailbox.reset();
  CHECK(told == 2);
}

TEST_CASE("mailbox: nobody waits behind a look that hangs, be it only to be let go") {
  RawServer silent([](RawConnection& connection) {
    if (connection.number() > 0) connection.wait_for_close();
  });
  MailboxOptions options;
  options.url = "imap://127.0.0.1:" + std::to_string(silent.port());
  options.user = "u";
  options.password = Secret("p");
  options.answer_within = 1h;
  People people(options);  // the first look fails at once, the second one hangs
  const auto id = people.expect(0, 30s, 60s);
  people.expect(1, 30s, 60s);
  while (silent.accepted() < 2) std::this_thread::sleep_for(1ms);
  people.mailbox->cancel(id);
  CHECK(people.outcomes()[0].at(0).kind == Kind::mailbox_fault);
  const auto tally = people.mailbox->finish();
  CHECK(people.outcomes()[1].at(0).kind == Kind::mailbox_fault);
  CHECK(count(tally) == Counts{{MailResult::hidden, 2}});
}

TEST_CASE("mailbox: bad options are refused with one line") {
  for (const char* url :
       {"", "maildir:", "maildir:/none/such", "pop3://mail.test", "imap://u:p@mail.test", "mail.test"}) {
    MailboxOptions options;
    options.url = url;
    options.user = "u";
    options.password = Secret("p");
    const auto result = Mailbox::open(options, kClock);
    INFO(url);
    REQUIRE(result.has_error());
    CHECK(result.error().message.find('\n') == std::string::npos);
  }
  MailboxOptions busy;
  busy.url = "maildir:/tmp";
  busy.poll_interval = 1ms;
  CHECK(Mailbox::open(busy, kClock).has_error());
}

TEST_CASE("mailbox: a thousand mails from IMAP at two hundred a second, each in time and to its own person") {
  Dovecot server;
  People people(options_for(server));
  constexpr int kMails = 1000;
  constexpr auto kGap = 5ms;  // 200/s
  auto next = std::chrono::steady_clock::now();
  for (int i = 0; i < kMails; ++i, next += kGap) {
    people.expect(i, 120s, 240s);
    server.deliver(People::mail(i), i % 10 == 0 ? "Junk" : "");
    std::this_thread::sleep_until(next);
  }
  REQUIRE(people.wait_for(kMails, 240s));
  for (const auto& [person, outcomes] : people.outcomes()) {
    REQUIRE(outcomes.size() == 1);
    REQUIRE(outcomes[0].kind == Kind::delivered);
    REQUIRE(outcomes[0].link == People::link(person));
    REQUIRE(outcomes[0].folder == (person % 10 == 0 ? MailFolder::spam : MailFolder::inbox));
  }
  CHECK(count(people.mailbox->finish()) == Counts{{MailResult::in_time, kMails}});
}

TEST_CASE("mailbox: a server that restarts in the middle costs neither mail nor count") {
  Dovecot server;
  People people(options_for(server));
  for (int i = 0; i < 30; ++i) people.expect(i);
  for (int i = 0; i < 10; ++i) server.deliver(People::mail(i));
  REQUIRE(people.wait_for(10));
  server.stop();
  for (int i = 10; i < 20; ++i) server.deliver(People::mail(i));
  Counts counts;
  // Takes tallies until one has this `healthy`.
  const auto take_until = [&](bool healthy) {
    Mailbox::Tally tally;
    const auto limit = std::chrono::steady_clock::now() + 30s;
    do {
      std::this_thread::sleep_for(5ms);
      tally = people.mailbox->take();
      for (const auto& [result, n] : count(tally)) counts[result] += n;
    } while (tally.healthy != healthy && std::chrono::steady_clock::now() < limit);
    return tally;
  };
  const Mailbox::Tally tally = take_until(false);
  CHECK_FALSE(tally.healthy);
  CHECK(tally.fault == ErrorClass::mailbox_unreachable);
  server.start();
  for (int i = 20; i < 30; ++i) server.deliver(People::mail(i));
  REQUIRE(people.wait_for(30));
  for (const auto& [person, outcomes] : people.outcomes()) {
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0].link == People::link(person));
  }
  CHECK(take_until(true).healthy);
  for (const auto& [result, n] : count(people.mailbox->finish())) counts[result] += n;
  CHECK(counts == Counts{{MailResult::in_time, 30}});
}

TEST_CASE("mailbox: whoever waits for a mailbox that cannot be read has met its fault, not a lost mail") {
  Dovecot server;
  MailboxOptions options = options_for(server);
  options.password = Secret("rahasia-keliru");
  People people(options);
  const auto at_once = people.mailbox->take();
  CHECK_FALSE(at_once.healthy);
  CHECK(at_once.fault == ErrorClass::mailbox_auth);
  const auto id = people.expect(0, 100ms, 200ms);
  people.mailbox->cancel(id);
  REQUIRE(people.wait_for(1));
  const MailOutcome outcome = people.outcomes()[0].at(0);
  CHECK(outcome.kind == Kind::mailbox_fault);
  CHECK(outcome.error == ErrorClass::mailbox_auth);
  CHECK(count(people.mailbox->finish()) == Counts{{MailResult::hidden, 1}});
}

}  // namespace gelombang::test
