#include "tests/probes/mail/box.hpp"

#include "tests/support/catch.hpp"

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;
using Kind = MailOutcome::Kind;
using Counts = MailBox::Counts;

}  // namespace

TEST_CASE("mail router: a mail goes to the person who waits for it, with delay, folder, subject and link") {
  MailBox box;
  box.expect("ani@peserta.test", "Verifikasi Email Sekarang");
  box.clock.advance(4s);
  box.arrive("ani@peserta.test", {anchor("Verifikasi Email Sekarang", "https://portal.test/v?t=1")}, MailFolder::spam);
  REQUIRE(box.ended(0));
  const MailOutcome& outcome = box.outcomes[0];
  CHECK(outcome.kind == Kind::delivered);
  CHECK(outcome.result == MailResult::in_time);
  CHECK(outcome.error == ErrorClass::none);
  CHECK(outcome.folder == MailFolder::spam);
  CHECK(outcome.delay == Duration(4s));
  CHECK(outcome.subject == "subject");
  CHECK(outcome.link == "https://portal.test/v?t=1");
  const auto samples = box.router.take().samples;
  REQUIRE(samples.size() == 1);
  CHECK(samples[0].result == MailResult::in_time);
  CHECK(samples[0].folder == MailFolder::spam);
  CHECK(samples[0].delay == Duration(4s));
}

TEST_CASE("mail router: the recipient is compared without case, and wholly") {
  MailBox box;
  box.expect("Ani@Peserta.TEST");
  box.arrive("xani@peserta.test");
  box.arrive("ani@peserta.tes");
  box.arrive("ani@peserta.test.id");
  CHECK_FALSE(box.ended(0));
  box.arrive("ani@peserta.test");
  CHECK(box.ended(0));
}

TEST_CASE("mail router: whoever waits is told of by how long good looks have seen nothing") {
  MailBox box;
  box.expect("a@t");
  CHECK(box.router.take().waited.empty());
  box.clock.advance(10s);
  box.look();
  CHECK(box.router.take().waited == std::vector<Duration>{10s});
  // While nobody looks, nothing is known of the mail.
  box.clock.advance(20s);
  CHECK(box.router.take().waited == std::vector<Duration>{10s});
  box.arrive("a@t");
  CHECK(box.router.take().waited.empty());
}

TEST_CASE("mail router: people never get each other's mail") {
  MailBox box;
  constexpr int kPeople = 500;
  const auto address = [](int i) { return "uji" + std::to_string(i) + "@peserta.test"; };
  for (int i = 0; i < kPeople; ++i) box.expect(address(i), "go");
  for (int i = kPeople - 1; i >= 0; --i) {
    box.arrive(address(i), {anchor("go", "https://portal.test/" + std::to_string(i))});
  }
  for (int i = 0; i < kPeople; ++i) {
    REQUIRE(box.calls[i] == 1);
    REQUIRE(box.outcomes[i].link == "https://portal.test/" + std::to_string(i));
  }
  CHECK(box.tally() == Counts{{MailResult::in_time, kPeople}});
}

TEST_CASE("mail router: expected_within itself is in time, one nanosecond more is late") {
  MailBox box;
  box.expect("a@t");
  box.expect("b@t");
  box.clock.advance(30s);
  box.arrive("a@t");
  box.look();
  box.clock.advance(1ns);
  box.arrive("b@t");
  CHECK(box.outcomes[0].result == MailResult::in_time);
  CHECK(box.outcomes[1].result == MailResult::late);
  CHECK(box.outcomes[1].kind == Kind::delivered);
  CHECK(box.outcomes[1].delay == Duration(30s + 1ns));
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}, {MailResult::late, 1}});
}

TEST_CASE("mail router: a mail is lost only when a look that began at the deadline did not find it") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(120s - 1ns);
  box.look();
  CHECK_FALSE(box.ended(0));
  box.clock.advance(1ns);
  CHECK_FALSE(box.ended(0));
  box.look();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].kind == Kind::lost);
  CHECK(box.outcomes[0].error == ErrorClass::mail_missing);
  CHECK(box.tally() == Counts{{MailResult::lost, 1}});
}

TEST_CASE("mail router: what the look at the deadline finds is late, not lost") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(119s);
  box.look();
  box.clock.advance(1s);
  box.arrive("a@t");
  box.look();
  CHECK(box.outcomes[0].kind == Kind::delivered);
  CHECK(box.tally() == Counts{{MailResult::late, 1}});
}

TEST_CASE("mail router: a mail that comes after it was given up is not counted a second time") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(121s);
  box.look();
  box.clock.advance(10s);
  box.arrive("a@t");
  box.router.finish();
  box.hand_out();
  CHECK(box.calls[0] == 1);
  CHECK(box.tally() == Counts{{MailResult::lost, 1}});

  SECTION("but a second one is a duplicate") {
    MailBox other;
    other.expect("a@t");
    other.clock.advance(121s);
    other.look();
    other.arrive("a@t");
    other.arrive("a@t");
    other.router.finish();
    CHECK(other.tally() == Counts{{MailResult::lost, 1}, {MailResult::duplicate, 1}});
  }
}

TEST_CASE("mail router: mail that came before the person began to wait counts, with its true delay") {
  MailBox box;
  const TimePoint caused = box.clock.now();
  box.clock.advance(2s);
  box.arrive("a@t");
  box.look();
  box.clock.advance(200s);
  box.look();
  box.expect("a@t", {}, caused);
  box.hand_out();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].delay == Duration(2s));
  CHECK(box.outcomes[0].result == MailResult::in_time);
  box.router.finish();
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}});
}

TEST_CASE("mail router: a mail seen while its request still ran counts, one from before does not") {
  MailBox box;
  box.arrive("a@t", {anchor("old", "https://portal.test/old")});
  box.clock.advance(2s);
  box.arrive("a@t", {anchor("new", "https://portal.test/new")});
  box.clock.advance(900ms);
  box.expect("a@t");  // the request took 1 s (request_time)
  box.hand_out();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].delay == Duration(0));
  box.expect("a@t");
  box.hand_out();
  CHECK_FALSE(box.ended(1));
}

TEST_CASE("mail router: two expectations of one person get two mails, oldest first") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(1s);
  box.expect("a@t");
  box.arrive("a@t");
  CHECK(box.ended(0));
  CHECK_FALSE(box.ended(1));
  box.arrive("a@t");
  CHECK(box.ended(1));
  CHECK(box.tally() == Counts{{MailResult::in_time, 2}});
}

TEST_CASE("mail router: a further mail is a duplicate, once nobody can wait for it any more") {
  MailBox box;
  box.expect("a@t");
  box.arrive("a@t");
  box.arrive("a@t");
  box.arrive("a@t");
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}});
  box.clock.advance(16min);
  box.look();
  CHECK(box.tally() == Counts{{MailResult::duplicate, 2}});
  box.router.finish();
  CHECK(box.tally().empty());
}

TEST_CASE("mail router: a mail sent again on request is for the second wait, even when it is seen before") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(121s);
  box.look();  // lost: the person asks for another mail
  const TimePoint asked_again = box.clock.now();
  box.clock.advance(1s);
  box.arrive("a@t");
  box.expect("a@t", {}, asked_again);
  box.hand_out();
  CHECK(box.outcomes[1].kind == Kind::delivered);
  CHECK(box.tally() == Counts{{MailResult::lost, 1}, {MailResult::in_time, 1}});
}

TEST_CASE("mail router: mail for nobody is unknown, counted once") {
  MailBox box;
  box.arrive("stranger@t");
  box.arrive_to({});
  box.clock.advance(16min);
  box.look();
  box.router.finish();
  CHECK(box.tally() == Counts{{MailResult::unknown, 2}});
  CHECK(box.router.people() == 0);
}

TEST_CASE("mail router: of several recipients the first who waits gets the mail, once") {
  MailBox box;
  box.expect("b@t");
  box.expect("c@t");
  box.arrive_to({"a@t", "b@t", "c@t"});
  CHECK(box.ended(0));
  CHECK_FALSE(box.ended(1));
  box.router.finish();
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}, {MailResult::pending, 1}});
}

TEST_CASE("mail router: a held mail of several recipients is released from all of them") {
  MailBox box;
  box.arrive_to({"a@t", "b@t", "a@t"});
  box.expect("b@t");
  box.hand_out();
  CHECK(box.ended(0));
  CHECK(box.router.held() == 0);
  CHECK(box.router.people() == 1);
  box.router.finish();
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}});
}

TEST_CASE("mail router: a cancelled expectation is interrupted and pending, and its mail is not counted") {
  MailBox box;
  const auto id = box.expect("a@t");
  box.router.cancel(id);
  box.router.cancel(id);
  box.router.cancel(12345);
  box.hand_out();
  CHECK(box.calls[0] == 1);
  CHECK(box.outcomes[0].kind == Kind::interrupted);
  box.arrive("a@t");
  box.router.finish();
  CHECK(box.tally() == Counts{{MailResult::pending, 1}});
}

TEST_CASE("mail router: the end of the run interrupts whoever waits and leaves nothing behind") {
  MailBox box;
  for (int i = 0; i < 10; ++i) box.expect("p" + std::to_string(i) + "@t");
  box.arrive("p3@t");
  box.arrive("q@t");
  box.router.finish();
  box.hand_out();
  for (int i = 0; i < 10; ++i) CHECK(box.calls[i] == 1);
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}, {MailResult::pending, 9}, {MailResult::unknown, 1}});
  CHECK(box.router.held() == 0);
}

TEST_CASE("mail router: a mail without the link waits for one with it until expected_within") {
  MailBox box;
  box.expect("a@t", "Verify");
  box.clock.advance(1s);
  box.arrive("a@t", {anchor("Unsubscribe", "https://portal.test/u")});
  box.look();
  CHECK_FALSE(box.ended(0));

  SECTION("the one with the link comes") {
    box.clock.advance(1s);
    box.arrive("a@t", {anchor("Verify", "https://portal.test/v")});
    REQUIRE(box.ended(0));
    CHECK(box.outcomes[0].link == "https://portal.test/v");
    CHECK(box.outcomes[0].error == ErrorClass::none);
    CHECK(box.outcomes[0].delay == Duration(2s));
    CHECK(box.tally() == Counts{{MailResult::in_time, 1}, {MailResult::duplicate, 1}});
  }
  SECTION("it does not") {
    box.clock.advance(29s);
    box.look();
    REQUIRE(box.ended(0));
    CHECK(box.outcomes[0].kind == Kind::delivered);
    CHECK(box.outcomes[0].error == ErrorClass::mail_link_bad);
    CHECK(box.outcomes[0].link.empty());
    CHECK(box.outcomes[0].delay == Duration(1s));
    CHECK(box.tally() == Counts{{MailResult::in_time, 1}});
  }
  SECTION("the run ends") {
    box.router.finish();
    box.hand_out();
    CHECK(box.outcomes[0].kind == Kind::interrupted);
    CHECK(box.tally() == Counts{{MailResult::pending, 1}});
  }
  SECTION("the mailbox fails for good") {
    box.clock.advance(124s);
    box.fail();
    REQUIRE(box.ended(0));
    // Another mail, with the link, may have arrived unseen.
    CHECK(box.outcomes[0].error == ErrorClass::mailbox_unreachable);
    CHECK(box.tally() == Counts{{MailResult::in_time, 1}});
  }
}

TEST_CASE("mail router: who waits when the run ends has a late mail once it was looked for after expected_within") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(20s);
  box.look();
  box.expect("b@t");
  box.clock.advance(11s);
  box.look();
  box.clock.advance(1s);
  box.router.finish();
  box.hand_out();
  CHECK(box.outcomes[0].kind == Kind::interrupted);
  CHECK(box.outcomes[0].result == MailResult::late);
  CHECK(box.outcomes[1].kind == Kind::interrupted);
  CHECK(box.outcomes[1].result == MailResult::pending);
  const auto samples = box.router.take().samples;
  REQUIRE(samples.size() == 2);
  for (const MailSample& sample : samples) {
    CHECK(sample.at_least);
    // No look happened in the last second.
    CHECK(sample.delay == (sample.result == MailResult::late ? Duration(31s) : Duration(11s)));
  }
}

TEST_CASE("mail router: a limit of ours is not the target's bad link, nor its lost mail") {
  MailBox box;
  box.expect("a@t", "Verify");
  box.clock.advance(1s);
  box.router.arrive({MailFolder::inbox, box.clock.now(), {{"a@t"}, "subject", {}, true}});
  box.clock.advance(30s);
  box.look();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].error == ErrorClass::mailbox_limit);

  box.expect("b@t");
  // The recipient is beyond the limit.
  box.router.arrive({MailFolder::inbox, box.clock.now(), {{}, "subject", {}, true}});
  box.clock.advance(120s);
  box.look();
  REQUIRE(box.ended(1));
  CHECK(box.outcomes[1].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[1].error == ErrorClass::mailbox_limit);
  CHECK(box.tally() == Counts{{MailResult::in_time, 1}, {MailResult::unknown, 1}, {MailResult::hidden, 1}});
}

TEST_CASE("mail router: a newsletter to others hides no lost mail, but one whose recipients are not all known does") {
  MailBox box;
  box.expect("a@t");
  MailMessage newsletter;
  for (std::size_t i = 0; i < kMaxRecipients; ++i) newsletter.recipients.push_back("p" + std::to_string(i) + "@t");
  newsletter.cut = true;  // for example, its links
  box.router.arrive({MailFolder::inbox, box.clock.now(), newsletter});
  box.clock.advance(120s);
  box.look();
  CHECK(box.outcomes[0].kind == Kind::lost);
  box.expect("b@t");
  newsletter.more_recipients = true;
  box.router.arrive({MailFolder::inbox, box.clock.now(), newsletter});
  box.clock.advance(120s);
  box.look();
  CHECK(box.outcomes[1].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[1].error == ErrorClass::mailbox_limit);
}

TEST_CASE("mail router: a held mail with the link is preferred to an older one without it") {
  MailBox box;
  box.arrive("a@t", {});
  box.arrive("a@t", {anchor("Verify", "https://portal.test/v")});
  box.expect("a@t", "verify");
  box.hand_out();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].link == "https://portal.test/v");
}

TEST_CASE("mail router: two waits of one person for different links get the mail with their link") {
  MailBox box;
  box.expect("a@t", "reset password");
  box.expect("a@t", "verify");
  box.arrive("a@t", {anchor("verify", "https://portal.test/v")});
  CHECK_FALSE(box.ended(0));
  CHECK(box.outcomes[1].link == "https://portal.test/v");
}

}  // namespace gelombang::test
