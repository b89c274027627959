#include "probes/mail/poller.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

struct Script {
  std::vector<std::string> mails;  // delivered by the next look
  std::optional<MailFault> fault;
  Duration lasts{};  // the duration of a look
  bool whole = true;
  int looks = 0;
};

class ScriptedSource final : public MailSource {
 public:
  ScriptedSource(Script& script, FakeClock& clock) : script_(script), clock_(clock) {}
  Look look(const Deliver& deliver) override {
    ++script_.looks;
    const TimePoint seen_at = clock_.now();
    clock_.advance(script_.lasts);
    for (const std::string& mail : std::exchange(script_.mails, {})) deliver({MailFolder::inbox, seen_at, mail});
    return {script_.fault, script_.whole};
  }
  void stop() noexcept override {}

 private:
  Script& script_;
  FakeClock& clock_;
};

struct Bench {
  FakeClock clock;
  Script script;
  MailPoller poller{std::make_unique<ScriptedSource>(script, clock), clock, 500ms, "collector@portal.test"};

  // Steps for `time` and sleeps as the poller says. Returns the number of looks.
  int run_for(Duration time) {
    const int before = script.looks;
    const TimePoint end = clock.now() + time;
    while (clock.now() < end) clock.advance(std::max<Duration>(poller.step(), 1ms));
    return script.looks - before;
  }
};

}  // namespace

TEST_CASE("mail poller: looks once every interval, and a slow look does not pile up others") {
  Bench bench;
  CHECK(bench.run_for(10s) == 20);
  bench.script.lasts = 2s;
  CHECK(bench.run_for(20s) <= 10);
}

TEST_CASE("mail poller: a raw mail reaches the person who waits, with the time of the look that saw it") {
  Bench bench;
  bench.poller.step();
  std::optional<MailOutcome> outcome;
  bool decided = false;
  MailExpectation expectation;
  expectation.recipient = "ani@peserta.test";
  expectation.link_text = "Verify";
  expectation.caused_at = bench.clock.now();
  bench.poller.expect(
      expectation, [&](MailOutcome one) { outcome = std::move(one); }, decided);
  CHECK_FALSE(decided);
  bench.clock.advance(1s);
  bench.script.lasts = 3s;
  bench.script.mails = {
      "Delivered-To: collector@portal.test\r\nTo: ani@peserta.test\r\nSubject: Hi\r\n\r\nVerify: "
      "https://portal.test/v\r\n"};
  bench.poller.step();
  REQUIRE(outcome);
  CHECK(outcome->subject == "Hi");
  CHECK(outcome->link == "https://portal.test/v");
  CHECK(outcome->delay == Duration(1s));
}

TEST_CASE("mail poller: after a look that was slow or left something over nobody knows when a mail came") {
  Bench bench;
  bench.poller.step();
  const auto delivered = [&bench](Duration before) {
    MailExpectation expectation;
    expectation.recipient = "ani@peserta.test";
    expectation.caused_at = bench.clock.now();
    bool decided = false;
    bench.poller.expect(
        expectation, [](const MailOutcome&) {}, decided);
    bench.clock.advance(before);
    bench.script.lasts = {};
    bench.script.whole = true;
    bench.script.mails = {"To: ani@peserta.test\r\n\r\nhello"};
    while (!bench.script.mails.empty()) bench.clock.advance(bench.poller.step());
    return bench.poller.take().samples.at(0).at_least;
  };
  CHECK_FALSE(delivered(500ms));
  bench.script.lasts = 3s;
  bench.run_for(1s);
  CHECK(delivered(500ms));
  CHECK_FALSE(delivered(500ms));
  bench.script.whole = false;
  bench.script.lasts = 10ms;
  bench.run_for(100ms);
  CHECK(delivered(100ms));
}

TEST_CASE("mail poller: mail that is there already is told at once, but not inside the call") {
  Bench bench;
  bench.script.mails = {"To: ani@peserta.test\r\n\r\nhello"};
  bench.poller.step();
  int calls = 0;
  bool decided = false;
  MailExpectation expectation;
  expectation.recipient = "ani@peserta.test";
  expectation.caused_at = bench.clock.now();
  bench.poller.expect(
      expectation, [&](const MailOutcome&) { ++calls; }, decided);
  CHECK(decided);
  CHECK(calls == 0);
  bench.poller.hand_out();
  CHECK(calls == 1);
}

TEST_CASE("mail poller: backs off from a mailbox that fails, and is back at once when it is well") {
  Bench bench;
  bench.script.fault = MailFault{ErrorClass::mailbox_unreachable, "refused"};
  const int looks = bench.run_for(10min);
  CHECK(looks >= 10min / 30s);
  CHECK(looks <= 10min / 30s + 10);
  CHECK_FALSE(bench.poller.take().healthy);
  bench.script.fault.reset();
  bench.run_for(30s);
  CHECK(bench.poller.take().healthy);
  CHECK(bench.run_for(10s) == 20);
}

TEST_CASE("mail poller: asks less often after a refused login, lest the account be locked") {
  Bench bench;
  bench.script.fault = MailFault{ErrorClass::mailbox_auth, "refused"};
  CHECK(bench.run_for(1min) <= 4);
  CHECK(bench.run_for(10min) <= 11);
}

TEST_CASE("mail poller: deadlines pass during a long pause between looks") {
  Bench bench;
  bench.script.fault = MailFault{ErrorClass::mailbox_auth, "refused"};
  bench.run_for(5min);
  MailExpectation expectation;
  expectation.recipient = "ani@peserta.test";
  expectation.caused_at = bench.clock.now();
  expectation.expected_within = 5s;
  expectation.give_up_after = 10s;
  std::optional<TimePoint> ended;
  std::optional<MailOutcome> outcome;
  bool decided = false;
  bench.poller.expect(
      expectation,
      [&](MailOutcome one) {
        ended = bench.clock.now();
        outcome = std::move(one);
      },
      decided);
  bench.run_for(2min);
  REQUIRE(outcome);
  CHECK(outcome->kind == MailOutcome::Kind::mailbox_fault);
  CHECK(*ended - expectation.caused_at <= 16s);
}

}  // namespace gelombang::test
