// The evidence of a step that failed by its script's own check: the expectation, and the text that was checked.
#include "base/json_writer.hpp"
#include "tests/engine/user_stage.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace gelombang;
using namespace gelombang::test;

namespace {

// Holds a token of nobody, a session that the target sets, and the person's address.
const std::string kPage =
    "<h1>Masuk</h1> uji.1@peserta.test s3ssion-of-a-person id 8f14e45fceea167a5a36dedd4bea2543 password: \"x1y2\"";

std::string page(const std::string&) {
  return http_answer(kPage, "200 OK",
                     "set-cookie: sid=s3ssion-of-a-person\r\nserver: nginx\r\nx-step: daftar\r\n"
                     "content-type: text/html\r\n");
}

// The evidence that a journey with this body leaves.
std::vector<Evidence> evidence_of_journey(const std::string& body, UserStage::Answer answer = page) {
  UserStage stage(with_steps(body), std::move(answer));
  stage.play(0, 0, {{"email", "uji.1@peserta.test"}, {"password", "rahasia-1"}});
  return stage.details().evidence;
}

Evidence only(const std::vector<Evidence>& all) {
  REQUIRE(all.size() == 1);
  return all[0];
}

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

const std::string kKept = "<h1>Masuk</h1> [redacted] [redacted] id [redacted] password: \"[redacted]\"";

}  // namespace

TEST_CASE("user checks: a failed check leaves its own text and the answer that the step got") {
  const Evidence one =
      only(evidence_of_journey("one:try(function() local p = http.post('/form?t=1', { body = 'x' }) check('we are "
                               "inside', p.status == 302) end)"));
  CHECK(one.detail == "check: we are inside");
  CHECK(one.body == kKept);
  CHECK(one.method == "POST");
  CHECK(has(one.url, "/form"));
  CHECK_FALSE(has(one.url, "t=1"));
  CHECK(has(one.headers, "server: nginx\n"));
  CHECK(has(one.headers, "set-cookie: [redacted]\n"));
  CHECK(one.step == 0);
  CHECK(one.tries == 1);
  CHECK(one.sample.status == 200);
  CHECK(one.sample.error == ErrorClass::assert_body);
  CHECK(one.sample.outcome == Outcome::failure);
  CHECK(one.sample.phases[static_cast<std::size_t>(Phase::wait)] > Duration::zero());
}

TEST_CASE("user checks: what a check looked at is kept in the place of the answer, where the scenario says it") {
  const auto judged = [](const std::string& check) {
    return only(evidence_of_journey("one:try(function() local p = http.get('/') " + check + " end)"));
  };
  const Evidence header =
      judged("check('the next step', p:header('x-step') == 'ktp', 'assert_cookie', p:header('x-step'))");
  CHECK(header.body == "daftar");
  CHECK(header.sample.error == ErrorClass::assert_cookie);
  CHECK(judged("check('n', false, nil, 1e14)").body == "100000000000000");
  CHECK(judged("check('n', false, nil, false)").body == "false");
  CHECK(judged("check('n', false, nil, {})").body == "a table");
  CHECK(judged("check('n', false, nil, json.number '123456789012345678901')").body == "123456789012345678901");
  CHECK(judged("check('n', false, nil, person.email .. ' was here')").body == "[redacted] was here");
  CHECK(judged("check('n', false, nil, p:header('x-none'))").body == "nil");
  CHECK(judged("check('n', false, nil)").body == kKept);
}

TEST_CASE("user checks: capture and json leave the pattern or what is wrong, and the text that they read") {
  const auto judged = [](const std::string& body) {
    return only(evidence_of_journey("one:try(function() local p = http.get('/') " + body + " end)"));
  };
  const Evidence capture = judged("capture(p.body:sub(1, 14), 'name=\"token\" value=\"([^\"]+)\"')");
  CHECK(capture.detail == "capture: name=\"token\" value=\"([^\"]+)\"");
  CHECK(capture.body == "<h1>Masuk</h1>");
  // The pattern is part of the scenario: text after a telling name in it is no secret.
  CHECK(judged("capture('x', '\"token\":\"([^\"]+)\"')").detail == "capture: \"token\":\"([^\"]+)\"");
  const Evidence json = judged("p:json()");
  CHECK(has(json.detail, "json: "));
  CHECK(json.body == kKept);
}

TEST_CASE("user checks: the last request is not blamed for the text of an earlier answer") {
  const auto judged = [](const std::string& body) {
    return only(evidence_of_journey(
        "one:try(function() local p = http.get('/form') " + body + " end)",
        [](const std::string& head) { return http_answer(has(head, "/form") ? "<form>" : "a quite different text"); }));
  };
  for (const std::string read : {"p:json()", "capture(p.body, 'order (%d+)')"}) {
    const Evidence own = judged(read);
    CHECK(own.body == "<form>");
    CHECK(has(own.url, "/form"));
    CHECK(own.sample.status == 200);
    const Evidence earlier = judged("http.post('/telemetry') " + read);
    CHECK(earlier.body == "<form>");
    CHECK(earlier.url.empty());
    CHECK(earlier.method.empty());
    CHECK(earlier.sample.status == 0);
  }
}

TEST_CASE("user checks: the scenario's own words are kept without secrets, and in one line") {
  const auto told = [](const std::string& text) {
    return only(evidence_of_journey("one:try(function() http.get('/') check(" + text + ", false) end)")).detail;
  };
  CHECK(told("'for ' .. person.email .. ' with ' .. person.password") == "check: for [redacted] with [redacted]");
  CHECK(told("secret('key') .. ' and 8f14e45fceea167a5a36dedd4bea2543'") == "check: [redacted] and [redacted]");
  CHECK(told("'token=abc 1'") == "check: token=[redacted] 1");
  CHECK(told("'a\\nb\\27[2J\\255'") == "check: a?b?[2J\xef\xbf\xbd");
  CHECK(told("('x'):rep(5000)").size() <= 512);
}

TEST_CASE("user checks: what is kept is at most 512 bytes, and no letter is cut in two") {
  for (const std::string before : {"", "a", "ab"}) {
    std::string text = before;
    while (text.size() < 3000) text += "\xe2\x82\xac ";
    const Evidence one = only(evidence_of_journey("one:try(function() local p = http.get('/') check('x', false) end)",
                                                  [&text](const std::string&) { return http_answer(text); }));
    CHECK(one.body.size() <= Evidence::kMostBody);
    CHECK(one.body.size() >= Evidence::kMostBody - 4);
    CHECK(one.body == text.substr(0, one.body.size()));
  }
  const std::string bytes(3000, '\xff');
  const Evidence binary = only(evidence_of_journey("one:try(function() http.get('/') check('x', false) end)",
                                                   [&bytes](const std::string&) { return http_answer(bytes); }));
  CHECK(binary.body.size() <= Evidence::kMostBody);
  CHECK(valid_utf8(binary.body) == binary.body);
}

TEST_CASE("user checks: a step's last answer is still known after a pause in it, and that of another step is not") {
  const Evidence later = only(evidence_of_journey(
      "one:try(function() local p = http.get('/a') sleep(0.01) sleep(0.01) check('x', p.status == 302) end)"));
  CHECK(later.body == kKept);
  CHECK(has(later.url, "/a"));
  CHECK(has(later.headers, "server: nginx\n"));
  CHECK(later.sample.status == 200);
  // A pause keeps only the beginning of a body. That is more than evidence examines, so the redactor still takes the
  // body as cut off.
  std::string page = "rahasia-1 ";
  while (page.size() < 30'000) page += "xxx ";
  const Evidence large = only(
      evidence_of_journey("one:try(function() local p = http.get('/a') sleep(0.01) check('x', p.status == 302) end)",
                          [&page](const std::string&) { return http_answer(page); }));
  CHECK(has(large.body, "[redacted] xxx"));
  const Evidence other =
      only(evidence_of_journey("local p = one(function() local p = http.get('/a') sleep(0.01) return p end)\n"
                               "two:try(function() check('x', p.status == 302) end)"));
  CHECK(other.step == 1);
  CHECK(other.detail == "check: x");
  CHECK((other.url + other.method + other.body + other.headers).empty());
  CHECK(other.sample.status == 0);
}

TEST_CASE("user checks: what a check says of a mail is not shown as the answer before it") {
  UserStage stage(with_steps("one:try(function() http.get('/a') local m = mailbox.wait { to = person.email }\n"
                             "check('not in the spam folder', m.folder == 'inbox', 'mail_spam', m.folder) end)\n"
                             "two:try(function() mailbox.wait { to = person.email, link = 'verifikasi', give_up_after "
                             "= '90s' } end)"),
                  page);
  stage.begin(stage.iteration(0), 0, {{"email", "uji.1@peserta.test"}});
  stage.wait_until([&] { return stage.mail.waiting.size() == 1; });
  MailOutcome spam;
  spam.folder = MailFolder::spam;
  stage.mail.waiting[0](spam);
  stage.wait_until([&] { return stage.mail.waiting.size() == 2; });
  MailOutcome lost;
  lost.kind = MailOutcome::Kind::lost;
  stage.mail.waiting[1](lost);
  stage.wait_for_end();
  const std::vector<Evidence> all = stage.details().evidence;
  REQUIRE(all.size() == 2);
  CHECK(all[0].detail == "check: not in the spam folder");
  CHECK(all[0].body == "spam");
  CHECK(all[0].url.empty());
  CHECK(all[1].sample.error == ErrorClass::mail_missing);
  CHECK(all[1].detail == "mailbox.wait: a mail with a link that holds 'verifikasi', within 90 s");
}

TEST_CASE("user checks: nothing is kept of a check that held, that the script caught, or that met our own limit") {
  CHECK(evidence_of_journey("one(function() local p = http.get('/') check('x', p.status == 200) end)").empty());
  CHECK(evidence_of_journey("one(function() local p = http.get('/') pcall(check, 'x', false) end)").empty());
  CHECK(evidence_of_journey(
            "one:try(function() local p = http.get('/', { max_body = 5 }) check('x', p.body:find('Masuk')) end)")
            .empty());
  // An error that only looks like a failed check is a fault of the script.
  CHECK(evidence_of_journey("pcall(one, function() error { class = 'assert_body', by = 'check', text = 'x' } end)")
            .empty());
}

TEST_CASE(
    "user checks: each further try of a person is kept with its number, and no more of a kind than there is room for") {
  UserStage stage(with_steps("for i = 1, 30 do one:try(function() http.get('/') check('x', false) end) end"), page);
  stage.play(0);
  const std::vector<Evidence> all = stage.details().evidence;
  CHECK(all.size() == 10);
}

TEST_CASE("user checks: a status that a request did not expect is kept with those that it did") {
  const auto told = [](const std::string& options) {
    return only(evidence_of_journey("one:try(function() http.get('/'" + options + ") end)",
                                    [](const std::string&) { return http_answer("no", "418 Teapot"); }))
        .detail;
  };
  CHECK(told("").empty());
  CHECK(told(", { expect = { 200 } }") == "expected status 200");
  CHECK(told(", { expect = { 200, 201, 302 } }") == "expected status 200, 201 or 302");
}
