#include "tests/probes/mail/box.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdint>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;
using Kind = MailOutcome::Kind;
using Counts = MailBox::Counts;

}  // namespace

TEST_CASE("mail router: an unreadable mailbox is no lost mail") {
  MailBox box;
  box.fail(ErrorClass::mailbox_auth);
  box.expect("a@t");
  box.clock.advance(120s);
  box.fail(ErrorClass::mailbox_auth);
  CHECK_FALSE(box.ended(0));
  box.clock.advance(5s);
  box.router.tick(box.clock.now());
  box.hand_out();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[0].error == ErrorClass::mailbox_auth);
  CHECK(info(box.outcomes[0].error).side == ErrorSide::mailbox);
  CHECK(box.tally() == Counts{{MailResult::hidden, 1}});
}

TEST_CASE("mail router: a look that does not end hides what is waited for, and holds nobody") {
  MailBox box;
  box.expect("a@t");  // its deadline passes
  box.clock.advance(110s);
  box.look();
  const auto id = box.expect("b@t");  // is cancelled
  box.expect("c@t");                  // still waits at the end
  CHECK(box.router.take().healthy);
  for (int i = 0; i < 14; ++i) {
    box.clock.advance(1s);
    box.router.tick(box.clock.now());
    box.hand_out();
    CHECK_FALSE(box.ended(0));
    CHECK(box.router.take().healthy == (i < 5));
  }
  CHECK(box.router.take().fault == ErrorClass::mailbox_unreachable);
  box.router.cancel(id);
  box.hand_out();
  REQUIRE(box.ended(1));
  CHECK(box.outcomes[1].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[1].error == ErrorClass::mailbox_unreachable);
  CHECK(box.tally() == Counts{{MailResult::hidden, 1}});
  box.clock.advance(1s);
  box.router.tick(box.clock.now());
  box.hand_out();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].kind == Kind::mailbox_fault);
  box.router.finish();
  box.hand_out();
  CHECK(box.outcomes[2].kind == Kind::mailbox_fault);
  // A good look after expected_within did not find the first mail.
  CHECK(box.tally() == Counts{{MailResult::late, 1}, {MailResult::hidden, 1}});
}

TEST_CASE("mail router: a mail that cannot be read may have been anybody's who waited") {
  MailBox box;
  box.expect("a@t");
  box.router.missed(box.clock.now() + 1s, ErrorClass::mailbox_protocol);
  box.clock.advance(10s);
  box.expect("b@t");
  box.clock.advance(120s);
  box.look();
  CHECK(box.outcomes[0].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[0].error == ErrorClass::mailbox_protocol);
  CHECK(box.outcomes[1].kind == Kind::lost);
  CHECK(box.tally() == Counts{{MailResult::hidden, 1}, {MailResult::lost, 1}});
}

TEST_CASE("mail router: a mailbox that comes back right after the deadline still decides") {
  MailBox box;
  box.expect("a@t");
  box.expect("b@t");
  box.clock.advance(119s);
  box.fail();
  box.clock.advance(3s);
  box.fail();
  box.arrive("a@t");
  box.look();
  CHECK(box.outcomes[0].kind == Kind::delivered);
  CHECK(box.outcomes[1].kind == Kind::lost);
}

TEST_CASE("mail router: a mail is not called late when the mailbox could not be read in time") {
  MailBox box;
  box.expect("a@t");
  box.clock.advance(10s);
  box.look();
  box.clock.advance(1s);
  box.fail(ErrorClass::mailbox_unreachable);
  box.clock.advance(60s);
  box.arrive("a@t");
  box.look();
  REQUIRE(box.ended(0));
  CHECK(box.outcomes[0].kind == Kind::delivered);
  CHECK(box.outcomes[0].result == MailResult::hidden);
  CHECK(box.outcomes[0].error == ErrorClass::mailbox_unreachable);
  CHECK(box.tally() == Counts{{MailResult::hidden, 1}});

  SECTION("but it is, when a good look after expected_within did not see it") {
    box.expect("b@t");
    box.clock.advance(31s);
    box.look();
    box.fail();
    box.clock.advance(20s);
    box.arrive("b@t");
    CHECK(box.outcomes[1].result == MailResult::late);
  }
  SECTION("nor once the mailbox is well again") {
    box.expect("b@t");
    box.clock.advance(40s);
    box.look();
    box.clock.advance(1s);
    box.arrive("b@t");
    CHECK(box.outcomes[1].result == MailResult::late);
  }
  SECTION("nor when a look took that long") {
    box.expect("b@t");
    box.clock.advance(40s);
    box.arrive("b@t");
    CHECK(box.outcomes[1].result == MailResult::hidden);
    CHECK(box.outcomes[1].error == ErrorClass::mailbox_unreachable);
  }
}

TEST_CASE("mail router: what our own reading took is no delay of the mail") {
  MailRouter::Limits limits;
  limits.fresh_for = 1s;
  MailBox box(limits);
  box.expect("a@t");
  box.expect("b@t");
  const TimePoint caused_at = box.clock.now();
  box.clock.advance(29s);
  box.look();

  SECTION("looks came soon enough after each other") {
    box.clock.advance(1s);
    box.arrive("a@t");
    const auto samples = box.router.take().samples;
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].delay == Duration(30s));
    CHECK_FALSE(samples[0].at_least);
  }
  SECTION("they did not") {
    box.clock.advance(1s + 1ns);
    box.arrive("a@t");
    CHECK(box.outcomes[0].result == MailResult::hidden);
    const auto samples = box.router.take().samples;
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].delay == Duration(29s));
    CHECK(samples[0].at_least);
  }
  SECTION("a look left mails over") {
    box.clock.advance(500ms);
    const TimePoint seen = box.clock.now();
    box.clock.advance(100ms);
    box.router.look_unfinished(box.clock.now());
    box.clock.advance(100ms);
    // The unfinished look saw the first mail, and may have left the second.
    box.router.arrive({MailFolder::inbox, seen, {{"a@t"}, "subject", {}}});
    box.router.arrive({MailFolder::inbox, box.clock.now(), {{"b@t"}, "subject", {}}});
    const auto samples = box.router.take().samples;
    REQUIRE(samples.size() == 2);
    CHECK(samples[0].delay == seen - caused_at);
    CHECK_FALSE(samples[0].at_least);
    CHECK(samples[1].delay == Duration(29s));
    CHECK(samples[1].at_least);
    box.look();
    box.expect("a@t");
    box.clock.advance(200ms);
    box.arrive("a@t");
    CHECK_FALSE(box.router.take().samples.at(0).at_least);
  }
}

TEST_CASE("mail router: the tally says whether the mailbox can be read") {
  MailBox box;
  CHECK(box.router.take().healthy);
  box.fail(ErrorClass::mailbox_tls);
  const auto sick = box.router.take();
  CHECK_FALSE(sick.healthy);
  CHECK(sick.fault == ErrorClass::mailbox_tls);
  CHECK(sick.fault_detail == "detail");
  box.look();
  CHECK(box.router.take().healthy);
  CHECK(box.router.take().fault == ErrorClass::none);
}

TEST_CASE("mail router: memory is bounded, and what is dropped is counted first") {
  MailRouter::Limits limits;
  limits.held_mails = 10;
  limits.remembered = 20;
  MailBox box(limits);
  for (int i = 0; i < 1000; ++i) {
    const std::string address = "p" + std::to_string(i) + "@t";
    box.expect(address);
    box.arrive(address);
    box.arrive(address);
    box.arrive("q" + std::to_string(i) + "@t");
    box.look();
    REQUIRE(box.router.held() <= 10);
    REQUIRE(box.router.people() <= 40);
  }
  box.router.finish();
  auto counts = box.tally();
  CHECK(counts[MailResult::in_time] == 1000);
  CHECK(counts[MailResult::duplicate] == 1000);
  CHECK(counts[MailResult::unknown] == 1000);
  CHECK(counts.size() == 3);

  SECTION("by bytes too") {
    limits = {};
    limits.held_bytes = 10'000;
    MailBox small(limits);
    for (int i = 0; i < 100; ++i) small.arrive("q@t", {anchor("x", "https://portal.test/" + std::string(1000, 'x'))});
    CHECK(small.router.held() < 10);
    CHECK(small.tally()[MailResult::unknown] == 100 - static_cast<int>(small.router.held()));
  }
  SECTION("and by age") {
    box.clock.advance(1h);
    box.look();
    CHECK(box.router.people() == 0);
  }
}

TEST_CASE("mail router: a flood of mail to one person takes nobody else's place, and is no lost mail") {
  MailRouter::Limits limits;
  limits.held_mails = 1'000;
  limits.held_of_person = 10;
  MailBox box(limits);
  box.arrive("b@t");
  box.arrive("a@t", {anchor("go", "http://t/")});
  for (int i = 0; i < 2'000; ++i) box.arrive("a@t");
  CHECK(box.router.held() == 11);
  CHECK(box.tally() == Counts{{MailResult::unknown, 1'991}});
  box.expect("b@t");
  CHECK(box.router.held() == 10);
  // The mail of a@t with the link was dropped.
  box.expect("a@t", "go");
  CHECK(box.router.held() == 9);
  box.hand_out();
  CHECK(box.ended(0));
  CHECK_FALSE(box.ended(1));
  box.clock.advance(30s);
  box.look();
  CHECK(box.outcomes[1].error == ErrorClass::mailbox_limit);
  // A mail that is caused later cannot be among the dropped ones.
  box.expect("a@t", "go");
  box.arrive("a@t");
  box.clock.advance(30s);
  box.look();
  CHECK(box.outcomes[2].error == ErrorClass::mail_link_bad);
}

TEST_CASE("mail router: where held mail was dropped, only who begins to wait later may have had it") {
  MailRouter::Limits limits;
  limits.held_mails = 10;
  MailBox box(limits);
  const TimePoint before = box.clock.now();
  box.expect("early@t");
  box.clock.advance(2s);
  for (int i = 0; i < 20; ++i) box.arrive("q" + std::to_string(i) + "@t");
  box.expect("q3@t", {}, before);
  box.clock.advance(2s);
  box.expect("late@t");
  box.clock.advance(120s);
  box.look();
  CHECK(box.outcomes[0].kind == Kind::lost);
  CHECK(box.outcomes[1].kind == Kind::mailbox_fault);
  CHECK(box.outcomes[1].error == ErrorClass::mailbox_limit);
  CHECK(box.outcomes[2].kind == Kind::lost);
}

TEST_CASE("mail router: durations without end do not overflow") {
  MailBox box;
  MailExpectation forever;
  forever.recipient = "a@t";
  forever.caused_at = box.clock.now();
  forever.expected_within = Duration::max();
  forever.give_up_after = Duration::max();
  box.expect(forever);
  box.clock.advance(1000h);
  box.look();
  CHECK_FALSE(box.ended(0));
  box.arrive("a@t");
  CHECK(box.outcomes[0].result == MailResult::in_time);
}

TEST_CASE("mail router: whatever happens, every expectation and every mail is counted once") {
  // A long random walk with few people, compared with simple sums.
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33U) % bound;
  };
  MailBox box;
  Counts counts;
  int expectations = 0;
  int mails = 0;
  std::vector<MailRouter::Id> ids;
  for (int i = 0; i < 20'000; ++i) {
    const std::string address = "p" + std::to_string(draw(20)) + "@t";
    switch (draw(8)) {
      case 0:
      case 1:
        ids.push_back(box.expect(address, draw(2) == 0 ? "go" : ""));
        box.hand_out();
        ++expectations;
        break;
      case 2:
      case 3:
        box.arrive(address, draw(3) == 0 ? std::vector<MailLink>() : std::vector<MailLink>{anchor("go", "http://t/")});
        ++mails;
        break;
      case 4: box.fail(); break;
      case 5:
        if (!ids.empty()) box.router.cancel(ids[draw(ids.size())]);
        box.hand_out();
        break;
      default: box.look();
    }
    box.clock.advance(std::chrono::milliseconds(draw(20'000)));
    for (const auto& [result, count] : box.tally()) counts[result] += count;
  }
  box.router.finish();
  box.hand_out();
  for (const auto& [result, count] : box.tally()) counts[result] += count;
  CHECK(static_cast<int>(box.calls.size()) == expectations);
  CHECK(std::all_of(box.calls.begin(), box.calls.end(), [](const auto& one) { return one.second == 1; }));
  CHECK(counts[MailResult::in_time] + counts[MailResult::late] + counts[MailResult::lost] +
            counts[MailResult::pending] + counts[MailResult::hidden] ==
        expectations);
  // The other mails were for expectations that were given up.
  CHECK(counts[MailResult::in_time] + counts[MailResult::late] + counts[MailResult::duplicate] +
            counts[MailResult::unknown] <=
        mails);
  CHECK(counts[MailResult::late] > 0);
  CHECK(counts[MailResult::lost] > 0);
  CHECK(counts[MailResult::duplicate] > 0);
  CHECK(box.router.held() == 0);
}

}  // namespace gelombang::test
