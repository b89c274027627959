// From a command line to a request, and from the command line in the history back to the same request.
#include "app/given_options.hpp"

#include "runs/exact_text.hpp"
#include "runs/plan_json.hpp"
#include "tests/support/catch.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;
using Group = RequestOption::Group;

// The request that `gelombang run` reads from these words.
ReadRequest read_words(const Words& words) {
  CLI::App app("gelombang");
  GivenOptions given;
  given.add_to(app, {Group::scenario, Group::load, Group::session, Group::course});
  std::vector<const char*> argv{"run"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  app.parse(static_cast<int>(argv.size()), argv.data());
  return given.read();
}

// The words that the history keeps of a run with that request, as far as the request decides them.
Words kept_words(const RunRequest& request) {
  PreparedRun run;
  run.plan.scenario_path = request.scenario;
  run.plan.settings.seed = *request.seed;
  run.plan.load = constant_rate_load(Rate::per_second(1), 1s, false);
  run.target = parse_target(request.target).value();
  Words words;
  const boost::json::value plan = boost::json::parse(plan_json(request, run));
  for (const auto& word : plan.at("command").as_array()) words.emplace_back(word.as_string().c_str());
  REQUIRE(words.size() > 2);
  CHECK(words[0] == "gelombang");
  CHECK(words[1] == "run");
  words.erase(words.begin(), words.begin() + 2);
  return words;
}

// A value for each option that differs from the option's default.
const std::map<std::string, Words>& examples() {
  static const std::map<std::string, Words> kExamples{
      {"scenario", {"my scenario.lua"}},
      {"--target", {"http://127.0.0.1:8080"}},
      {"--seed", {"18446744"}},
      {"--threads", {"3"}},
      {"--set", {"people=calm", "note=a=b"}},
      {"--set-secret", {"key=@/etc/key file", "token=env:TOKEN"}},
      {"--max-users", {"1000"}},
      {"--catch-up", {"skip"}},
      {"--graceful-stop", {"1m30s"}},
      {"--contact", {"https://tester.example/who"}},
      {"--ca-file", {"ca.pem"}},
      {"--insecure", {""}},
      {"--allow-private-network", {""}},
      {"--load", {"opening"}},
      {"--rate", {"100/h"}},
      {"--duration", {"1h30m"}},
      {"--users", {"20"}},
      {"--iterations", {"400"}},
      {"--scale", {"1/3"}},
      {"--speed", {"2.5"}},
      {"--threshold", {"all: error_rate < 1%", "log in: response_time p95 < 800ms abort"}},
      {"--segment", {"2/8"}},
      {"--metrics-listen", {"off"}},
      {"--metrics-name", {"one.example", "two.example"}},
      {"--json", {"s.json"}},
      {"--mailbox", {"maildir:/var/mail/test"}},
      {"--mailbox-user", {"somebody"}},
      {"--mailbox-password-file", {"password.txt"}},
      {"--consent-key", {"owner.pub"}},
      {"--skip-preflight", {""}},
      {"--history", {"h.sqlite"}},
      {"--no-history", {""}},
      {"--linger", {"0s"}},
      {"--start-at", {"12:00"}},
      {"--no-early-stop", {""}},
  };
  return kExamples;
}

Words with(const RequestOption& option, const Words& values) {
  Words words;
  if (option.name != "scenario") words.emplace_back("login.lua");
  if (option.name != "--target") words.insert(words.end(), {"--target", "http://127.0.0.1:1"});
  if (option.name != "--seed") words.insert(words.end(), {"--seed", "7"});
  for (const std::string& value : values) {
    if (option.name.front() == '-') words.emplace_back(option.name);
    if (option.takes != RequestOption::Takes::nothing) words.push_back(value);
  }
  return words;
}

TEST_CASE("given options: each one survives the command line that the history keeps", "[unit]") {
  const RunRequest plain = read_words({"login.lua", "--target", "http://127.0.0.1:1", "--seed", "7"}).request;
  for (const RequestOption& option : request_options()) {
    const std::string name(option.name);
    INFO(name);
    REQUIRE(examples().contains(name));
    const Words& values = examples().at(name);
    const ReadRequest given = read_words(with(option, values));
    REQUIRE_FALSE(given.problem);
    CHECK_FALSE(given.request == plain);
    const Words words = kept_words(given.request);
    const auto said = [&words](const std::string& word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    switch (option.kept) {
      case RequestOption::Kept::written:
        CHECK(read_words(words).request == given.request);
        CHECK_FALSE(read_words(words).problem);
        break;
      case RequestOption::Kept::withheld:
        CHECK(said(name));
        CHECK(said("[redacted]"));
        CHECK_FALSE(said(values.front()));
        break;
      case RequestOption::Kept::left_out:
        CHECK_FALSE(said(name));
        CHECK(read_words(words).request == plain);
        break;
    }
  }
}

TEST_CASE("given options: a secret's place is kept, and its value is nowhere in the request", "[unit]") {
  const RunRequest request =
      read_words({"a.lua", "--target", "http://127.0.0.1:1", "--seed", "1", "--set-secret", "key=@password.txt"})
          .request;
  REQUIRE(request.secrets.size() == 1);
  CHECK(request.secrets[0] == SecretPlace{"key", SecretPlace::Kind::file, "password.txt"});
  const ReadRequest bare = read_words({"a.lua", "--set-secret", "key=hunter2"});
  REQUIRE(bare.problem);
  CHECK(bare.problem->message == "--set-secret key: expected key=@FILE or key=env:NAME");
}

TEST_CASE("given options: what cannot be read is named, the first one where there are several", "[unit]") {
  const auto problem = [](Words words) {
    words.insert(words.begin(), "a.lua");
    const ReadRequest read = read_words(words);
    return read.problem ? read.problem->message : "none";
  };
  CHECK(problem({"--rate", "5"}).starts_with("--rate: '5' is not a rate"));
  CHECK(problem({"--duration=-5s"}).starts_with("--duration: '-5s' is not a duration"));
  CHECK(problem({"--users", "many"}).starts_with("--users: 'many' is not a whole number"));
  CHECK(problem({"--users", "99999999999999999999"}) == "--users: '99999999999999999999' is too large a number");
  CHECK(problem({"--scale", "0"}).starts_with("--scale: '0' is not a scale"));
  CHECK(problem({"--speed", "0"}) == "--speed: '0': expected a factor above 0, such as 2 or 1/2");
  CHECK(problem({"--segment", "3/2"}).starts_with("--segment: "));
  CHECK(problem({"--catch-up", "never"}).starts_with("--catch-up: "));
  CHECK(problem({"--set", "=x"}) == "--set: expected key=value");
  CHECK(problem({"--linger", "soon", "--rate", "5"}).starts_with("--rate: "));
}

TEST_CASE("given options: a number is decimal digits and nothing else", "[unit]") {
  for (const RequestOption& option : request_options()) {
    if (option.takes != RequestOption::Takes::number) continue;
    const std::string name(option.name);
    const RunRequest ten = read_words({"a.lua", name, "10"}).request;
    CHECK(read_words({"a.lua", name, "010"}).request == ten);
    for (const char* text : {"-1", "+5", "0x10", "0b1", " 5", "5 ", "1e3"}) {
      INFO(name << " " << text);
      const ReadRequest read = read_words({"a.lua", name, text});
      REQUIRE(read.problem);
      CHECK(read.problem->message.starts_with(name + ": '" + text + "' is not a whole number"));
    }
  }
}

TEST_CASE("given options: the history's command line keeps numbers of any length, and no identity number", "[unit]") {
  for (const auto& [name, value] :
       {std::pair{"--scale", "10/3"}, std::pair{"--speed", "2/3"}, std::pair{"--rate", "0.1234567890123456/s"},
        std::pair{"--seed", "1234567890123456"}}) {
    INFO(name);
    Words words{"a.lua", "--target", "http://127.0.0.1:1", name, value};
    if (std::string_view(name) != "--seed") words.insert(words.end(), {"--seed", "7"});
    const RunRequest request = read_words(words).request;
    CHECK(read_words(kept_words(request)).request == request);
  }
  const RunRequest person =
      read_words({"a.lua", "--target", "http://127.0.0.1:1", "--seed", "7", "--set", "nik=3201010101010001"}).request;
  const Words kept = kept_words(person);
  CHECK(std::find(kept.begin(), kept.end(), "nik=[redacted]") != kept.end());
}

TEST_CASE("given options: a flag that is said to be false is none", "[unit]") {
  for (const RequestOption& option : request_options()) {
    if (option.takes != RequestOption::Takes::nothing) continue;
    const std::string name(option.name);
    INFO(name);
    CHECK(read_words({"a.lua", name + "=false"}).request == read_words({"a.lua"}).request);
    CHECK(read_words({"a.lua", name + "=true"}).request == read_words({"a.lua", name}).request);
    CHECK_FALSE(read_words({"a.lua", name}).request == read_words({"a.lua"}).request);
    CHECK_THROWS_AS(read_words({"a.lua", name + "=maybe"}), CLI::ParseError);
  }
}

TEST_CASE("given options: values are written short, and read again as the very same", "[unit]") {
  CHECK(exact_text(Duration::zero()) == "0s");
  CHECK(exact_text(Duration(90min)) == "90m");
  CHECK(exact_text(Duration(2500ms)) == "2500ms");
  CHECK(exact_text(Rate::per_second(50)) == "50/s");
  CHECK(exact_text(parse_rate("30/m").value()) == "0.5/s");
  CHECK(exact_text(parse_rate("50/m").value()) == "50/m");
  CHECK(exact_text(parse_rate("100/h").value()) == "100/h");
  CHECK(exact_scale(0.001) == "0.001");
  CHECK(exact_scale(1.0 / 3) == "1/3");
  for (const double rate : {12.3456789012345, 1.0 / 7, 1e-7, 1e6}) {
    CHECK(parse_rate(exact_text(Rate::per_second(rate))).value().per_second() == rate);
    CHECK(parse_scale(exact_scale(rate)).value() == rate);
  }
}

}  // namespace
}  // namespace gelombang
