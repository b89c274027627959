// Runs the program as a user does, at an address of the public range: exit 112 unless the owner consents.
#include "tests/integration/stub_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"

#include "probes/consent/document.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPublic = "11.22.33.44";

// A portal with one page, its owner's key, and a scenario that opens the page.
struct Portal {
  Portal() {
    if (std::getenv("GELOMBANG_IN_NAMESPACE") == nullptr) FAIL("run this through tests/integration/in_namespace.sh");
    server.set("/", {200, "", "hello"});
    std::ofstream(scenario) << "local look = step 'look'\n"
                               "return scenario { journeys = { look = { run = function() look(function() "
                               "http.get('/') end) end } } }\n";
    const test::RunResult keys = test::run_program({"consent", "new-key", "--out", directory.file("owner.key")});
    REQUIRE(keys.exit_code == 0);
    std::ofstream(directory.file("owner.pub")) << keys.out;
  }

  void consent() {
    const std::string file = directory.file("consent.json");
    const test::RunResult made =
        test::run_program({"consent", "sign", "--key", directory.file("owner.key"), "--host", kPublic, "--path", "/",
                           "--max-rate", "100/s", "--days", "1", "--contact", "owner@example.id", "--out", file});
    REQUIRE(made.exit_code == 0);
    std::ifstream in(file);
    server.set(std::string(kConsentPath), {200, "", {std::istreambuf_iterator<char>(in), {}}});
  }

  std::vector<std::string> arguments(const std::string& duration) const {
    return {"--target",   "http://" + std::string(kPublic) + ":" + std::to_string(server.port()),
            "--rate",     "5/s",
            "--duration", duration,
            "--contact",  "tester@example.id",
            "--seed",     "1"};
  }
  std::vector<std::string> with_key(const std::string& duration) const {
    auto all = arguments(duration);
    all.insert(all.end(), {"--consent-key", directory.file("owner.pub")});
    return all;
  }

  test::TemporaryDirectory directory;
  test::StubServer server{kPublic, 0};
  std::string scenario = directory.file("look.lua");
};

TEST_CASE("consent of a run: without a key nothing at all is sent, and the run is refused", "[integration][consent]") {
  Portal portal;
  const test::RunResult run = test::run_scenario(portal.scenario, portal.arguments("2s"));
  INFO(run.err);
  CHECK(run.exit_code == 112);
  CHECK(run.err.find("--consent-key") != std::string::npos);
  CHECK(portal.server.requests().empty());
}

TEST_CASE("consent of a search: its highest rate must fit what the owner consents to, before anything is sent",
          "[integration][consent]") {
  Portal portal;
  portal.consent();
  const auto search = [&](const std::string& max_rate) {
    return test::run_program({"find-max",
                              portal.scenario,
                              "--target",
                              "http://" + std::string(kPublic) + ":" + std::to_string(portal.server.port()),
                              "--contact",
                              "tester@example.id",
                              "--consent-key",
                              portal.directory.file("owner.pub"),
                              "--slo",
                              "all: error_rate < 1%",
                              "--min-rate",
                              "10/s",
                              "--max-rate",
                              max_rate,
                              "--probe",
                              "2s",
                              "--warm-up",
                              "0s",
                              "--cool-down",
                              "0s",
                              "--metrics-listen",
                              "off",
                              "--no-history"});
  };
  const test::RunResult over = search("101/s");
  CHECK(over.exit_code == 112);
  CHECK(over.err ==
        "gelombang: --max-rate 101.0/s is over the 100.0/s requests that 11.22.33.44 consents to: lower it\n");
  CHECK(portal.server.count("/") == 0);
  const test::RunResult within = search("15/s");
  INFO(within.err);
  CHECK(within.exit_code == 113);  // no objective fails
  CHECK(portal.server.count("/") > 30);
}

TEST_CASE("consent of a run: where none is published only the question is sent", "[integration][consent]") {
  Portal portal;
  const test::RunResult run = test::run_scenario(portal.scenario, portal.with_key("2s"));
  INFO(run.err);
  CHECK(run.exit_code == 112);
  CHECK(portal.server.count("/") == 0);
  CHECK(portal.server.count(std::string(kConsentPath)) >= 1);
}

TEST_CASE("consent of a run: where the target is down or has a bad certificate, that is said",
          "[integration][consent]") {
  const Portal portal;
  const auto run_at = [&portal](const std::string& target) {
    std::vector<std::string> arguments = portal.with_key("2s");
    arguments[1] = target;
    test::RunResult run = test::run_scenario(portal.scenario, std::move(arguments));
    INFO(run.err);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    return run;
  };
  const test::RunResult down = run_at("http://11.22.33.55:9");
  CHECK(down.exit_code == 113);
  CHECK(down.err.find("could not be read: Failed to connect") != std::string::npos);

  const test::TestCertificate certificate = test::make_certificate(portal.directory.path(), "other.test");
  const test::StubServer stranger(kPublic, 0, &certificate);
  const test::RunResult unknown = run_at("https://" + std::string(kPublic) + ":" + std::to_string(stranger.port()));
  CHECK(unknown.exit_code == 104);
  CHECK(unknown.err.find("certificate") != std::string::npos);
  // The namespace has no name server.
  const test::RunResult typo = run_at("http://portel.test:8080");
  CHECK(typo.exit_code == 104);
  CHECK(typo.err.find("the name portel.test cannot be resolved") != std::string::npos);
}

TEST_CASE("consent of a run: published and signed, the run goes on to its end", "[integration][consent]") {
  Portal portal;
  portal.consent();
  const test::RunResult run = test::run_scenario(portal.scenario, portal.with_key("2s"));
  INFO(run.err);
  CHECK(run.exit_code == 0);
  CHECK(portal.server.count("/") == static_cast<std::size_t>(test::number(run.summary.at("arrivals").at("started"))));
}

TEST_CASE("consent of a run: withdrawn while the start is waited for, it is said then", "[integration][consent]") {
  Portal portal;
  portal.consent();
  std::vector<std::string> arguments = portal.with_key("1s");
  arguments.insert(arguments.end(), {"--start-at", "2199-03-04T12:00Z"});
  const auto waiting = test::start_scenario(portal.scenario, std::move(arguments), portal.directory.file("s.json"));
  waiting->wait_for_output("starts   ");
  portal.server.remove(std::string(kConsentPath));
  CHECK(waiting->wait(60s) == 112);
  INFO(waiting->standard_error());
  CHECK(waiting->standard_error().find("withdrawn") != std::string::npos);
  CHECK(portal.server.count("/") == 0);
}

TEST_CASE("consent of a run: withdrawn, the run stops within the reading interval", "[integration][consent]") {
  Portal portal;
  portal.consent();
  std::thread owner([&portal] {
    std::this_thread::sleep_for(5s);
    portal.server.remove(std::string(kConsentPath));
  });
  const test::RunResult run = test::run_scenario(portal.scenario, portal.with_key("90s"));
  owner.join();
  INFO(run.err);
  CHECK(run.exit_code == 112);
  CHECK(portal.server.count("/") > 10);
  CHECK(run.summary.at("verdict").as_string() == "refused");
  CHECK(test::number(run.summary.at("arrivals").at("started")) < 300);
}

}  // namespace
}  // namespace gelombang
