#include "app/consent_command.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"

#include <sys/resource.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;
using test::read_file;
using test::TemporaryDirectory;
using test::write_file;

struct Owner {
  Owner() {
    public_key = consent_new_key(secret_file).value();
    write_file(public_file, public_key);
    options = {.key_file = secret_file,
               .hosts = {"Portal.Example.ID.", "2404:6800:0::1"},
               .paths = {"/api", "/masuk"},
               .max_rate = "12000/m",
               .days = 7,
               .not_before = {},
               .contact = "ops@example.id",
               .out = consent_file};
  }
  std::string sign_error() {
    const auto result = consent_sign(options, clock.wall_now());
    return result ? "no error" : result.error().text;
  }

  TemporaryDirectory directory;
  std::string secret_file = directory.file("owner.key");
  std::string public_file = directory.file("owner.pub");
  std::string consent_file = directory.file("gelombang-consent.json");
  std::string public_key;
  ConsentSignOptions options;
  test::FakeClock clock;
};

TEST_CASE("consent command: a new key, a signed file and its check fit together", "[unit][consent]") {
  Owner owner;
  CHECK(owner.public_key.starts_with("gelombang-consent-key:"));
  CHECK(owner.public_key.ends_with("=\n"));
  const std::string content =
      "hosts       portal.example.id, 2404:6800::1\n"
      "paths       /api, /masuk\n"
      "max rate    200.0/s (the whole plan, retries and redirects included)\n"
      "not before  2027-01-15T08:00:00Z\n"
      "expires     2027-01-22T08:00:00Z\n"
      "contact     ops@example.id\n";
  CHECK(consent_sign(owner.options, owner.clock.wall_now()).value() ==
        content + "Wrote " + owner.consent_file +
            ". Publish it as /.well-known/gelombang-consent.json at every address of each host.\n");
  for (const std::string& key : {owner.public_file, owner.public_key}) {
    const auto check = consent_verify(key, owner.consent_file, owner.clock.wall_now());
    REQUIRE(check);
    CHECK(check->in_force);
    CHECK(check->text == content + "in force    yes\n");
  }
}

TEST_CASE("consent command: verify tells a file that is not in force", "[unit][consent]") {
  Owner owner;
  owner.options.not_before = "2027-02-01T00:00:00Z";
  REQUIRE(consent_sign(owner.options, owner.clock.wall_now()).has_value());
  const auto early = consent_verify(owner.public_file, owner.consent_file, owner.clock.wall_now());
  REQUIRE(early);
  CHECK(early->in_force.error().message == "it begins at 2027-02-01T00:00:00Z");
  owner.clock.step_wall(24h * 60);
  const auto late = consent_verify(owner.public_file, owner.consent_file, owner.clock.wall_now());
  CHECK(late->text.ends_with("in force    no: it expired at 2027-02-08T00:00:00Z\n"));
}

TEST_CASE("consent command: bad input gets one clear line and changes nothing", "[unit][consent]") {
  Owner owner;
  REQUIRE(consent_sign(owner.options, owner.clock.wall_now()).has_value());
  const std::string before = read_file(owner.consent_file);
  const ConsentSignOptions good = owner.options;
  const auto error = [&](auto change) {
    owner.options = good;
    change(owner.options);
    return owner.sign_error();
  };
  for (const char* host : {"*.example.id", "portal.example.id:443", "https://portal.example.id", "a@b", "[::1]:80"}) {
    CHECK(error([&](auto& o) { o.hosts = {host}; }) ==
          "--host '" + std::string(host) +
              "' is not a host: expected a name or an address, without port, path or wildcard");
  }
  CHECK(error([](auto& o) { o.max_rate = "200"; }) ==
        "--max-rate '200' is not a rate: expected a number per unit of time, such as 50/s, 30/m or 100/h");
  CHECK(error([](auto& o) { o.max_rate = "0/s"; }) == "the maximum rate of a consent is between 1/h and 1000000/s");
  CHECK(error([](auto& o) { o.not_before = "tomorrow"; }) ==
        "--not-before 'tomorrow' is not a time in UTC such as 2026-03-01T05:00:00Z");
  CHECK(error([](auto& o) { o.days = 91; }) == "a consent lasts at most 90 days");
  CHECK(error([](auto& o) { o.days = 0; }) == "the consent expires before it begins");
  CHECK(error([](auto& o) { o.contact = ""; }) == "the contact of a consent has 1 to 254 plain ASCII characters");
  CHECK(error([](auto& o) { o.key_file += "x"; }) ==
        "cannot read the key file " + owner.secret_file + "x: No such file or directory");
  CHECK(error([&](auto& o) { o.key_file = owner.public_file; }).find("chmod 600") != std::string::npos);
  const std::string nowhere = owner.directory.file("missing/consent.json");
  CHECK(error([&](auto& o) { o.out = nowhere; }) == "cannot write " + nowhere + ": No such file or directory");
  CHECK(error([](auto& o) { o.out = o.key_file; }) == "--out is the key file");
  CHECK(consent_sign(owner.options, owner.clock.wall_now()).error().cause == ExitCause::configuration);
  CHECK(read_file(owner.consent_file) == before);
  CHECK(consent_new_key(owner.secret_file).error().text ==
        "cannot create the key file " + owner.secret_file + ": it exists already, and a key is never replaced");
}

TEST_CASE("consent command: where the file cannot be written to its end the old one is set aside", "[unit][consent]") {
  Owner owner;
  REQUIRE(consent_sign(owner.options, owner.clock.wall_now()).has_value());
  const std::string before = read_file(owner.consent_file);
  // As on a full disk: writing more than this limit fails.
  rlimit unlimited{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  const rlimit small{100, unlimited.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string error = owner.sign_error();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &unlimited) == 0);
  std::signal(SIGXFSZ, previous);
  CHECK(error ==
        "cannot write " + owner.consent_file + ": File too large; the earlier file is " + owner.consent_file + "~");
  CHECK(read_file(owner.consent_file + "~") == before);
  CHECK_FALSE(std::filesystem::exists(owner.consent_file));
}

TEST_CASE("consent command: a file that was changed or signed by another does not verify", "[unit][consent]") {
  Owner owner;
  const Owner other;
  REQUIRE(consent_sign(owner.options, owner.clock.wall_now()).has_value());
  const auto error = [&](const std::string& key, const std::string& file) {
    const auto check = consent_verify(key, file, owner.clock.wall_now());
    return check ? "no error" : check.error().message;
  };
  CHECK(error(other.public_file, owner.consent_file) ==
        owner.consent_file + ": the signature does not match the consent key");
  CHECK(error(owner.secret_file, owner.consent_file).find("holds a secret key") != std::string::npos);
  const std::string large = owner.directory.file("large");
  write_file(large, std::string(100'000, ' '));
  CHECK(error(owner.public_file, large) == large + ": the consent file is larger than 32 KB");
  CHECK(error(owner.public_file, "/nowhere") == "cannot read /nowhere: No such file or directory");
}

TEST_CASE("consent command: the command line reaches all three and says how it ended", "[unit][consent]") {
  Owner owner;
  const auto run = [](const std::vector<std::string>& arguments) {
    std::function<int()> command;
    CLI::App app("gelombang");
    add_consent_command(app, command);
    std::vector<const char*> argv{"gelombang", "consent"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    app.parse(static_cast<int>(argv.size()), argv.data());
    return command();
  };
  const std::string key = owner.directory.file("second.key");
  const std::string file = owner.directory.file("second.json");
  CHECK(run({"new-key", "--out", key}) == 0);
  CHECK(run({"new-key", "--out", key}) == 104);
  std::vector<std::string> sign{
      "sign",       "--key", owner.secret_file, "--host", "a.example", "--host",        "b.example", "--path", "/",
      "--max-rate", "10/s",  "--days",          "1",      "--contact", "ops@a.example", "--out",     file};
  CHECK(run(sign) == 0);
  sign.back() = owner.directory.file("missing/consent.json");
  CHECK(run(sign) == 104);
  sign.back() = file;
  CHECK(run({"verify", "--consent-key", owner.public_file, file}) == 0);
  std::vector<std::string> future = sign;
  future.insert(future.end(), {"--not-before", "2199-01-01T00:00:00Z"});
  CHECK(run(future) == 0);
  CHECK(run({"verify", "--consent-key", owner.public_file, file}) == 112);
  CHECK(run({"verify", "--consent-key", owner.public_file, key}) == 104);
  CHECK_THROWS_AS(run({}), CLI::ParseError);
  CHECK_THROWS_AS(run({"sign", "--key", key}), CLI::ParseError);
}

}  // namespace
}  // namespace gelombang
