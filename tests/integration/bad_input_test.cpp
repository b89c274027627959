// Bad input gets one clear line and exit 104, and nothing is sent.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include <algorithm>

using namespace gelombang::test;

namespace {

const std::string kScenario = R"lua(
local a = step "a"
return scenario { journeys = { j = { run = function() a(function() http.get("/") end) end } } }
)lua";

struct Files {
  Files() {
    write_file(good, kScenario);
    write_file(syntax, "local x = = 1\n");
    write_file(
        twice,
        "local a = step 'a'\nlocal b = step 'a'\nreturn scenario { journeys = { j = { run = function() end } } }\n");
    write_file(directory.file("empty.csv"), "email,password\n");
    write_file(csv,
               "local a = step 'a'\nlocal p = feed.csv('empty.csv')\n"
               "return scenario { people = p, journeys = { j = { run = function() end } } }\n");
    write_file(odds,
               "local a = step 'a'\nlocal b = behaviour { name = 'crowd', reload = 1.5 }\n"
               "return scenario { journeys = { j = { behaviour = b, run = function() end } } }\n");
    write_file(directory.file("one.csv"), "email\na@x.test\n");
    write_file(queue,
               "local a = step 'a'\nreturn scenario { people = feed.csv('one.csv'), "
               "journeys = { j = { run = function() a(function() http.get('/') end) end } } }\n");
  }
  TemporaryDirectory directory;
  std::string good = directory.file("good.lua");
  std::string syntax = directory.file("syntax.lua");
  std::string twice = directory.file("twice.lua");
  std::string csv = directory.file("csv.lua");
  std::string odds = directory.file("odds.lua");
  std::string queue = directory.file("queue.lua");
};

}  // namespace

TEST_CASE("bad input: a setting that nothing asks for is warned of", "[integration]") {
  const RunResult misspelt = run_program({"check", "login.lua", "--set", "network=3g"});
  CHECK(misspelt.exit_code == 0);
  CHECK(misspelt.err.find("--set network: the scenario did not use it while it was loaded; it uses ") !=
        std::string::npos);
  CHECK(misspelt.err.find("networks") != std::string::npos);
  CHECK(run_program({"check", "login.lua", "--set", "networks=3g"}).err.find("--set") == std::string::npos);
}

TEST_CASE("bad input: one clear line, exit 104, nothing sent", "[integration]") {
  const Files files;
  const Sandbox target;
  struct Case {
    std::vector<std::string> arguments;
    std::string words;
  };
  const std::vector<Case> cases{
      {{"run", files.odds}, "odds.lua:2: behaviour 'crowd': reload is 1.5: expected a share from 0 to 1"},
      {{"run", "login.lua", "--set", "people=angry"},
       "--set people: no behaviour is called 'angry': expected applicant, patient or calm"},
      {{"run", "login.lua", "--set", "hurry=0"}, "--set hurry: expected a number above 0"},
      {{"run", files.good, "--no-such-flag"}, "--no-such-flag"},
      {{"run", "/nonexistent/x.lua"}, "no such scenario file"},
      {{"run", files.syntax}, "syntax.lua:1:"},
      {{"run", files.twice}, "twice.lua:2:"},
      {{"run", files.csv}, "csv.lua:2:"},
      {{"run", files.queue, "--rate", "5/s", "--duration", "5s"}, "will run dry"},
      {{"run", files.good}, "no loads"},
      {{"run", files.good, "--rate", "0/s", "--duration", "5s"}, "--rate is 0"},
      {{"run", files.good, "--rate", "5", "--duration", "5s"}, "'5' is not a rate"},
      {{"run", files.good, "--rate", "5/s", "--duration=-5s"}, "'-5s' is not a duration"},
      {{"run", files.good, "--rate", "5/s"}, "--duration"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--load", "x"}, "--load"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--speed", "2"},
       "--speed is for a load of the scenario"},
      {{"run", files.good, "--users", "5", "--duration", "5s", "--speed", "2"},
       "--speed is for a load of the scenario"},
      {{"run", files.good, "--users", "0", "--duration", "5s"}, "--users is 0"},
      {{"run", files.good, "--users", "many", "--duration", "5s"}, "many"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--threshold", "nobody: error_rate < 1%"}, "nobody"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--threshold", "a: response_time p95 < fast"}, "fast"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--segment", "3/2"}, "3/2"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--scale", "1/0"}, "1/0"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--mailbox", "pop3://x"}, "--mailbox"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--set-secret", "key=plain"}, "--set-secret key"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--set-secret", "key=@/nonexistent"}, "/nonexistent"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--start-at", "noon"}, "noon"},
      {{"run", files.good, "--rate", "5/s", "--duration", "5s", "--metrics-listen", "nowhere"}, "--metrics-listen"},
      {{"check", files.good, "--load", "none"}, "no loads"},
      {{"run", files.good, "--json", ""}, "--json: expected a value, not an empty text"},
      {{"run", files.good, "--history", ""}, "--history: expected a value, not an empty text"},
      {{"report", "last", "--out", ""}, "--out: expected a value, not an empty text"},
      {{"run", files.good, "--load=", "smoke"}, "--load: expected a value, not an empty text"},
      {{"check", "--json=", files.good}, "--json: expected a value, not an empty text"},
      {{"compare", "last", "last", "--fail-if=", "x"}, "--fail-if: expected a value, not an empty text"},
      {{"run", files.good, "--threads=-1"}, "--threads: '-1' is not a whole number"},
      {{"find-max", files.good, "--slo", "all: error_rate < 1%", "--repeat=-1"},
       "--repeat: '-1' is not a whole number"},
      {{"selftest", "--threads", "+5"}, "--threads: '+5' is not a whole number"},
      {{"consent", "sign", "--days", "0x10"}, "--days: '0x10' is not a whole number"},
      {{"consent", "sign", "--days", "91"}, "--days: 91 is not in the range from 1 to 90"},
      {{"flow"}, "flow"},
      {{}, "subcommand"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> arguments = one.arguments;
    if (!arguments.empty() && arguments.front() == "run") arguments.insert(arguments.end(), {"--target", target.url()});
    const RunResult run = run_program(arguments);
    INFO(one.words << "\n" << run.err);
    CHECK(run.exit_code == 104);
    CHECK(run.err.find(one.words) != std::string::npos);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
  }
  CHECK(target.counts().at("requests").as_object().empty());
}

TEST_CASE("bad input: a load that cannot fit is refused before its arrivals are drawn", "[integration]") {
  const Files files;
  const RunResult run = run_program({"check", files.good, "--rate", "1000000/s", "--duration", "900s"});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 104);
  CHECK(run.out.find("arrivals    not drawn, 900000000.0 expected") != std::string::npos);
  CHECK(run.err.find("does not fit: about ") != std::string::npos);
}

TEST_CASE("bad input: a target with a password in it is refused, and the password not shown", "[integration]") {
  const Files files;
  const RunResult run = run_program(
      {"run", files.good, "--rate", "5/s", "--duration", "1s", "--target", "http://me:hunter2hunter2@127.0.0.1:1/"});
  CHECK(run.exit_code == 104);
  CHECK(run.err.find("hunter2") == std::string::npos);
}

TEST_CASE("bad input: a taken port of /metrics is refused before the first request", "[integration]") {
  const Files files;
  const Sandbox target;
  const std::string taken = target.url().substr(7);
  const RunResult run = run_program(
      {"run", files.good, "--rate", "5/s", "--duration", "1s", "--target", target.url(), "--metrics-listen", taken});
  CHECK(run.exit_code == 104);
  CHECK(run.err.find("--metrics-listen") != std::string::npos);
  CHECK(target.counts().at("requests").as_object().empty());
}

TEST_CASE("bad input: a full disk is said, and exits 114", "[integration]") {
  const Sandbox sandbox;
  const RunResult run = run_program({"run", "login.lua", "--users", "1", "--iterations", "1", "--target", sandbox.url(),
                                     "--metrics-listen", "off", "--json", "/dev/full"});
  CHECK(run.exit_code == 114);
  CHECK(run.err.find("/dev/full") != std::string::npos);
  CHECK(run.out.find("PASSED") != std::string::npos);
}

TEST_CASE("bad input: a run that lacks its target, mailbox or a place for its summary is refused", "[integration]") {
  const Sandbox target;
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& words) {
    const RunResult run = run_program(arguments);
    INFO(run.err);
    CHECK(run.exit_code == 104);
    CHECK(run.err.find(words) != std::string::npos);
  };
  refused({"run", "login.lua"}, "--target is missing");
  refused({"run", "email_verification.lua", "--target", target.url()}, "needs a mailbox");
  refused({"run", "login.lua", "--target", target.url(), "--mailbox-user", "me"}, "need a --mailbox");
  // /proc lets root write by its rights, and makes no file all the same.
  for (const std::string file : {"/nonexistent/s.json", "/proc/s.json"}) {
    refused({"run", "login.lua", "--target", target.url(), "--json", file}, "--json: cannot write " + file);
    refused({"find-max", "login.lua", "--target", target.url(), "--slo", "all: error_rate < 1%", "--json", file},
            "--json: cannot write " + file);
    refused({"selftest", "--json", file}, "--json: cannot write " + file);
  }
  refused({"run", "login.lua", "--target", target.url(), "--history", "/proc/h.sqlite"}, "/proc/h.sqlite");
  CHECK(target.counts().at("requests").as_object().empty());
}

TEST_CASE("bad input: a stderr that cannot be written decides nothing", "[integration]") {
  const Sandbox target;
  ChildProcess process({"sh", "-c",
                        "exec " + std::string(GELOMBANG_BINARY_DIR) +
                            "/gelombang run login.lua --no-history --target " + target.url() +
                            " --users 1 --iterations 1 --metrics-listen off 2>/dev/full"});
  CHECK(process.wait() == 0);
  CHECK(process.standard_output().find("PASSED") != std::string::npos);
}

TEST_CASE("bad input: help and version are there for every command", "[integration]") {
  for (const char* command : {"run", "check", "consent"}) {
    const RunResult help = run_program({command, "--help"});
    CHECK(help.exit_code == 0);
    CHECK(help.out.find("Example") != std::string::npos);
  }
  CHECK(run_program({"--version"}).out.find("gelombang ") == 0);
}
