#include "base/synthetic_person.hpp"
#include "sandbox/answers.hpp"
#include "sandbox/aptitude_test.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/handlers.hpp"
#include "sandbox/options.hpp"
#include "sandbox/registry.hpp"
#include "sandbox/unix_time.hpp"
#include "tests/sandbox/fake_timers.hpp"
#include "tests/support/catch.hpp"

#include <boost/json/parse.hpp>

#include <set>
#include <vector>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace std::chrono_literals;

namespace {

std::optional<Options> parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "gelombang-sandbox");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return parse_options(static_cast<int>(argv.size()), argv.data()).options;
}

}  // namespace

TEST_CASE("email: only a-z, 0-9, dot and one @, as the portal asked") {
  for (const char* good : {"a@b.test", "uji.123@peserta.test", "0@0.0"}) REQUIRE(valid_email(good));
  for (const char* bad : {"", "a", "@b.test", "a@", "a@b", "A@b.test", "a+b@c.test", "a_b@c.test", "a@b@c.test",
                          "a b@c.test", ".a@b.test", "a@b.test.", "a..b@c.test", "a@b.test\r\n"}) {
    REQUIRE_FALSE(valid_email(bad));
  }
  REQUIRE_FALSE(valid_email(std::string(200, 'a') + "@b.test"));
}

TEST_CASE("registry: the birth date in the NIK must be the one given") {
  for (std::uint64_t i = 0; i < 500; ++i) {
    const SyntheticPerson person = synthetic_person(1, i);
    REQUIRE(birth_date_matches(person.nik, person.birth_date));
    REQUIRE_FALSE(birth_date_matches(person.nik, "1900-01-01"));
  }
  REQUIRE_FALSE(birth_date_matches("0001013102900000", "1990-02-31"));  // 31 February does not exist
  REQUIRE_FALSE(birth_date_matches("0001010102900000", "1990-2-01"));
  REQUIRE_FALSE(birth_date_matches("short", "1990-02-01"));
}

TEST_CASE("registry: answers late by its delay and refuses beyond its rate") {
  test::FakeClock clock;
  test::FakeTimers timers(clock);
  Registry registry(clock, timers);
  registry.configure(2, 100ms);
  const SyntheticPerson person = synthetic_person(1, 1);
  std::vector<RegistryAnswer::Outcome> answers;
  for (int i = 0; i < 3; ++i) {
    registry.look_up({person.nik, person.kk, person.birth_date},
                     [&](const RegistryAnswer& answer) { answers.push_back(answer.outcome); });
  }
  REQUIRE(answers == std::vector<RegistryAnswer::Outcome>{RegistryAnswer::Outcome::busy});
  timers.advance(100ms);
  REQUIRE(answers.size() == 3);
  REQUIRE(answers[2] == RegistryAnswer::Outcome::match);
}

TEST_CASE("aptitude test: the paper repeats for a sitting and differs between sittings") {
  const auto paper = test_paper(5, 1);
  REQUIRE(paper.size() == kTestQuestions);
  REQUIRE(test_paper(5, 1)[3].text == paper[3].text);
  const auto differs = [&](const std::vector<TestQuestion>& other) {
    for (std::size_t i = 0; i < paper.size(); ++i) {
      if (paper[i].text != other[i].text) return true;
    }
    return false;
  };
  REQUIRE(differs(test_paper(5, 2)));
  REQUIRE(differs(test_paper(6, 1)));
  for (const TestQuestion& question : paper) {
    REQUIRE(std::set<std::string>(question.options.begin(), question.options.end()).size() == kTestOptions);
  }
}

TEST_CASE("aptitude test: right answers count, and 25 minutes are the limit") {
  const auto paper = test_paper(5, 1);
  std::vector<unsigned> answers;
  for (const TestQuestion& question : paper) answers.push_back(question.correct);
  REQUIRE(test_score(paper, answers) == kTestQuestions);
  answers[0] = (answers[0] + 1) % kTestOptions;
  REQUIRE(test_score(paper, answers) == kTestQuestions - 1);
  REQUIRE(test_in_time(WallTime{0s}, WallTime{25min}));
  REQUIRE_FALSE(test_in_time(WallTime{0s}, WallTime{25min} + 1ns));
}

TEST_CASE("faults: a change is all or nothing, names what is wrong, and can be undone") {
  Faults faults{FaultSettings{}};
  std::size_t seen_size = 0;
  faults.on_change([&](const FaultSettings& settings) { seen_size = settings.pool.size; });
  REQUIRE(faults.change(boost::json::parse(R"({"pool.size": 2, "mail.loss": 0.5})")));
  REQUIRE(seen_size == 2);
  REQUIRE(faults.now().mail_loss == 0.5);
  const auto wrong = [&](const char* text) {
    const auto result = faults.change(boost::json::parse(text));
    REQUIRE_FALSE(result);
    return result.error().message;
  };
  REQUIRE(wrong(R"({"pool.size": 3, "nonsense": 1})").find("nonsense") != std::string::npos);
  REQUIRE(wrong(R"({"mail.loss": 1.5})").find("mail.loss") != std::string::npos);
  REQUIRE(wrong(R"({"pool.size": 1.5})").find("whole") != std::string::npos);
  REQUIRE(wrong(R"({"pool.size": "2"})").find("pool.size") != std::string::npos);
  wrong("[]");
  REQUIRE(faults.now().pool.size == 2);
  faults.reset();
  REQUIRE(seen_size == 64);
}

TEST_CASE("faults: what is shown can be sent back") {
  Faults faults{FaultSettings{}};
  REQUIRE(faults.change(boost::json::parse(R"({"mail.delay_ms": 1500, "registry.delay_ms": 0.5})")));
  REQUIRE(faults.change(boost::json::value(faults.show())));
  REQUIRE(faults.now().mail_delay == Duration{1500ms});
  REQUIRE(faults.now().registry_delay == Duration{500us});
}

TEST_CASE("form: fields are decoded, the last of two equal names wins") {
  const auto fields = parse_form("a=1+2&b=%41%zz&c&a=3&=x&&d=%");
  REQUIRE(fields.at("a") == "3");
  REQUIRE(fields.at("b") == "A%zz");
  REQUIRE(fields.at("c").empty());
  REQUIRE(fields.at("d") == "%");
}

TEST_CASE("cookie: the value of exactly that name") {
  REQUIRE(cookie_value("a=1; sesi=abc; b=2", "sesi") == "abc");
  REQUIRE(cookie_value("xsesi=no;sesi=yes", "sesi") == "yes");
  REQUIRE(cookie_value("sesi", "sesi").empty());
  REQUIRE(cookie_value("", "sesi").empty());
}

TEST_CASE("time: dates are written as HTTP and ISO 8601 have them, whatever the locale") {
  REQUIRE(http_date(1'614'834'000) == "Thu, 04 Mar 2021 05:00:00 GMT");
  REQUIRE(iso_time(WallTime{1'614'834'000s}) == "2021-03-04T05:00:00Z");
}

TEST_CASE("options: addresses of both kinds, and nothing else") {
  REQUIRE(parse({"--listen", "[::1]:0"})->address == "::1");
  REQUIRE(parse({"--listen", "localhost:80"})->port == 80);
  REQUIRE(parse({"--photo-limit", "2MB"})->photo_limit == 2'000'000);
  for (const char* bad : {"8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "127.0.0.1:8x"}) {
    REQUIRE_FALSE(parse({"--listen", bad}).has_value());
  }
  REQUIRE_FALSE(parse({"--tls-cert", "x.pem"}).has_value());
  REQUIRE_FALSE(parse({"--hash-cost", "extreme"}).has_value());
  REQUIRE_FALSE(parse({"--photo-limit", "0"}).has_value());
  REQUIRE_FALSE(parse({"--accounts", "-1"}).has_value());
  REQUIRE_FALSE(parse({"--acounts", "1"}).has_value());
}
