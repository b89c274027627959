// A virtual user who waits for mail.
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

TEST_CASE("user: mail is waited for outside the step's time") {
  UserStage stage(with_steps(R"lua(
    one(function() http.post("/api/accounts", { json = {} }) end)
    local mail = two(function()
      local mail = mailbox.wait { to = person.email, link = "Verifikasi", expected_within = "5s", give_up_after = "10s" }
      http.get(mail.link)
      return mail
    end)
    assert(mail.folder == "spam" and mail.late == true and mail.delay == 6 and mail.subject == "Halo"))lua"),
                  ok);
  const TimePoint before = stage.now();
  stage.begin(stage.iteration(0), 0, {{"email", "uji@peserta.test"}});
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  const MailExpectation& expected = stage.mail.expected[0];
  CHECK(expected.recipient == "uji@peserta.test");
  CHECK(expected.link_text == "Verifikasi");
  CHECK(expected.expected_within == 5s);
  CHECK(expected.give_up_after == 10s);
  CHECK(expected.caused_at > before);
  CHECK(expected.caused_at <= stage.now());
  const TimePoint waited_from = stage.now();
  stage.wait_until([&] { return stage.now() - waited_from > 20ms; });
  MailOutcome outcome;
  outcome.result = MailResult::late;
  outcome.folder = MailFolder::spam;
  outcome.delay = 6s;
  outcome.subject = "Halo";
  outcome.link = stage.settings().target + "/verifikasi?token=abcdef";
  stage.mail.waiting[0](outcome);
  stage.wait_for_end();
  INFO((stage.recorded().script_errors.first ? stage.recorded().script_errors.first->text : ""));
  CHECK(stage.recorded().journeys[0][Outcome::success] == 1);
  CHECK(stage.requests()[1].find("GET /verifikasi?token=abcdef ") == 0);
  CHECK(stage.step("two").response_time.observed.max() <= stage.now() - waited_from - 20ms);
}

TEST_CASE("user: a link is the target's, whatever digits stand in it") {
  UserStage stage(
      "local one, two = step 'one', step 'two'\n"
      "return scenario { guards = { guard.body { pattern = '16 digits', only = '00..........0000' } },\n"
      "journeys = { visit = { run = function(person)\n"
      "one(function() http.get(mailbox.wait { to = 'uji@peserta.test' }.link) end)\n"
      "two(function() http.get '/?nik=3201011234567890' end) end } } }",
      ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  MailOutcome outcome;
  outcome.link = stage.settings().target + "/verifikasi?token=1234567890123456";
  stage.mail.waiting[0](outcome);
  stage.wait_for_end();
  REQUIRE(stage.requests().size() == 1);
  CHECK(stage.requests()[0].find("GET /verifikasi?token=1234567890123456 ") == 0);
  CHECK(stage.step("two").steps[ErrorClass::generator_identity] == 1);
}

TEST_CASE("user: mail that does not come fails the step by whose fault it is") {
  const auto [kind, error, counted, as] = GENERATE(table<MailOutcome::Kind, ErrorClass, ErrorClass, CountedResult>({
      {MailOutcome::Kind::lost, ErrorClass::none, ErrorClass::mail_missing, CountedResult::failure},
      {MailOutcome::Kind::delivered, ErrorClass::mail_link_bad, ErrorClass::mail_link_bad, CountedResult::failure},
      {MailOutcome::Kind::mailbox_fault, ErrorClass::none, ErrorClass::mailbox_unreachable, CountedResult::own_fault},
      {MailOutcome::Kind::mailbox_fault, ErrorClass::mailbox_auth, ErrorClass::mailbox_auth, CountedResult::own_fault},
  }));
  UserStage stage(
      with_steps("one(function() mailbox.wait { to = 'uji@peserta.test' } end)\ntwo(function() http.get '/' end)"), ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  MailOutcome outcome;
  outcome.kind = kind;
  outcome.error = error;
  stage.mail.waiting[0](outcome);
  stage.wait_for_end();
  CHECK(stage.step("one").steps[counted] == 1);
  CHECK(count_of(stage.step("one"), as) == 1);
  CHECK(stage.requests().empty());
  CHECK(stage.recorded().script_errors.count == 0);
}

TEST_CASE("user: an interrupted wait for mail is no failure") {
  UserStage stage(with_steps("one(function() mailbox.wait { to = 'uji@peserta.test' } end)"), ok);
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  stage.interrupt(0);
  stage.wait_for_end();
  CHECK(count_of(stage.step("one"), CountedResult::interrupted) == 1);
  CHECK(stage.recorded().journeys[0][Outcome::interrupted] == 1);
}

TEST_CASE("user: who waits in front of a mailbox that cannot be read when the run ends has met its fault") {
  UserStage stage(with_steps("one(function() mailbox.wait { to = 'uji@peserta.test' } end)"), ok);
  stage.mail.cancelled.kind = MailOutcome::Kind::mailbox_fault;
  stage.mail.cancelled.error = ErrorClass::mailbox_tls;
  stage.begin(stage.iteration(0));
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  stage.interrupt(0);
  stage.wait_for_end();
  CHECK(stage.step("one").steps[ErrorClass::mailbox_tls] == 1);
  CHECK(count_of(stage.step("one"), CountedResult::own_fault) == 1);
  CHECK(stage.recorded().journeys[0][Outcome::interrupted] == 1);
}

TEST_CASE("user: without a mailbox, waiting for mail is a script error") {
  UserStage stage(with_steps("one(function() mailbox.wait { to = 'uji@peserta.test' } end)"), ok);
  stage.has_mail = false;
  stage.play(0);
  REQUIRE(stage.recorded().script_errors.first);
  CHECK(stage.recorded().script_errors.first->text.find("mailbox.wait needs a mailbox: give one with --mailbox URL") !=
        std::string::npos);
}
