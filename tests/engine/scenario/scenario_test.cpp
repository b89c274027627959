// Valid scenario files and the values that they load.
#include "engine/lua/scenario_loader.hpp"

#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using namespace std::chrono_literals;
using gelombang::test::ScenarioFiles;

namespace {

constexpr const char* kWhole = R"lua(
local open_page = step "open page"
local log_in    = step "log in"
local upload    = step "upload"

return scenario {
  description = "Two journeys.",
  people = feed.people { seed = 3, first = 10, count = 20, domain = "kantor.test", order = "queue" },
  journeys = {
    visit = { steps = { open_page, log_in }, run = function() end },
    apply = { steps = { log_in, upload }, weight = 2.5, lasts = "45s", run = function() end,
              people = feed.csv("accounts.csv", { order = "random" }) },
  },
  loads = {
    smoke = constant_rate { rate = "2/s", duration = "20s" },
    even  = constant_rate { rate = "30/m", duration = 60, uniform = true },
    ramp  = ramping_rate { start = "1/s", stages = { { "2m", "50/s" }, { "0", "10/s" }, { "5m", "10/s" } } },
    crowd = constant_users { users = 200, duration = "5m" },
    some  = iterations { users = 3, iterations = 100 },
    once  = iterations { iterations = 1, longest = "1m" },
  },
  thresholds = { "log in: response_time p95 < 800ms", "all: error_rate < 1%" },
  guards = { guard.body { pattern = "16 digits", only = "00..........0000" } },
}
)lua";

}  // namespace

TEST_CASE("scenario: journeys, steps and weights are those of the file, by name") {
  ScenarioFiles files;
  files.write("accounts.csv", "email\na@x.test\nb@x.test\n");
  const Scenario scenario = files.must_load(kWhole);
  CHECK(scenario.name == "scenario");
  CHECK(scenario.path == files.path("scenario.lua"));
  CHECK(scenario.description == "Two journeys.");
  REQUIRE(scenario.journeys.size() == 2);
  CHECK(scenario.journeys[0].name == "apply");
  CHECK(scenario.journeys[0].weight == 2.5);
  CHECK(scenario.journeys[0].lasts == 45s);
  CHECK(scenario.journeys[1].name == "visit");
  CHECK(scenario.journeys[1].weight == 1);
  CHECK(scenario.journeys[1].lasts == 0s);
  CHECK(scenario.catalog.journeys == std::vector<std::string>{"apply", "visit"});
  REQUIRE(scenario.catalog.steps.size() == 4);
  const auto step = [&](std::size_t id) {
    return scenario.catalog.journeys[scenario.catalog.steps[id].journey] + "/" + scenario.catalog.steps[id].name;
  };
  CHECK(step(0) == "apply/log in");
  CHECK(step(1) == "apply/upload");
  CHECK(step(2) == "visit/open page");
  CHECK(step(3) == "visit/log in");
  CHECK(scenario.thresholds == std::vector<std::string>{"log in: response_time p95 < 800ms", "all: error_rate < 1%"});
  REQUIRE(scenario.guards.size() == 1);
  CHECK(scenario.guards[0].violated_by("3201011234567890"));
}

TEST_CASE("scenario: how long a mail is waited for is read from the text of the file") {
  const auto wait_in = [](const std::string& body) {
    const std::string begin =
        "local s = step 's'\nreturn scenario { journeys = { j = { run = function(person)\ns(function() ";
    return ScenarioFiles().must_load(begin + body + "\nend) end } } }").longest_mail_wait;
  };
  CHECK(wait_in("http.get '/'") == 0s);
  CHECK(wait_in("mailbox.wait { to = person.email }") == 120s);
  CHECK(wait_in("mailbox.wait { to = person.email, expected_within = '10s' }") == 120s);
  CHECK(wait_in("mailbox.wait { to = person.email, expected_within = '5m' }") == 300s);
  CHECK(wait_in("mailbox.wait { to = person.email, give_up_after = '45s' }") == 45s);
  CHECK(wait_in("mailbox.wait { to = person.email, give_up_after = 45 }") == 45s);
  CHECK(wait_in("mailbox.wait { to = 'a@t', give_up_after = '45s' }\n"
                "mailbox.wait { to = 'a@t', give_up_after = '2m' }") == 120s);
  // A computed value is not known.
  CHECK(wait_in("mailbox.wait { to = person.email, give_up_after = setting('patience', '9s') }") == 0s);
}

TEST_CASE("scenario: people are the journey's own, else the scenario's") {
  ScenarioFiles files;
  files.write("accounts.csv", "email\na@x.test\nb@x.test\n");
  const Scenario scenario = files.must_load(kWhole);
  const Feed* own = scenario.feed_of(0);
  REQUIRE(own != nullptr);
  REQUIRE(own->csv);
  CHECK(own->order == FeederOrder::random);
  CHECK(own->csv->size() == 2);
  const Feed* common = scenario.feed_of(1);
  REQUIRE(common != nullptr);
  REQUIRE(common->people);
  CHECK(common->order == FeederOrder::queue);
  CHECK(common->people->seed == 3);
  CHECK(common->people->first == 10);
  CHECK(common->people->count == 20);
  CHECK(common->people->mail_domain == "kantor.test");
}

TEST_CASE("scenario: loads are those of the file, by name") {
  ScenarioFiles files;
  files.write("accounts.csv", "email\na@x.test\n");
  const Scenario scenario = files.must_load(kWhole);
  std::vector<std::string> names;
  for (const Load& load : scenario.loads) names.push_back(load.name);
  REQUIRE(names == std::vector<std::string>{"crowd", "even", "once", "ramp", "smoke", "some"});
  CHECK(scenario.loads[0].kind == LoadKind::constant_users);
  CHECK(scenario.loads[0].users == 200);
  CHECK(scenario.loads[0].duration == 5min);
  CHECK(scenario.loads[1].uniform);
  CHECK(scenario.loads[1].intensity.total() == Approx(30));
  CHECK(scenario.loads[2].users == 1);
  CHECK(scenario.loads[2].iterations == 1);
  CHECK(scenario.loads[2].duration == 1min);
  CHECK(scenario.loads[3].kind == LoadKind::ramping_rate);
  CHECK(scenario.loads[3].length() == 7min);
  CHECK(scenario.loads[3].intensity.total() == Approx(60 * 51 + 300 * 10));
  CHECK(scenario.loads[4].kind == LoadKind::constant_rate);
  CHECK_FALSE(scenario.loads[4].uniform);
  CHECK(scenario.loads[4].intensity.total() == Approx(40));
  CHECK(scenario.loads[5].kind == LoadKind::iterations);
  CHECK(scenario.loads[5].users == 3);
  CHECK(scenario.loads[5].iterations == 100);
}

TEST_CASE("scenario: the only journey has all the steps of its file") {
  ScenarioFiles files;
  const Scenario scenario = files.must_load(
      "local a = step 'a'\nlocal b = step 'b'\nreturn scenario { journeys = { j = { run = function() end } } }");
  REQUIRE(scenario.catalog.steps.size() == 2);
  CHECK(scenario.catalog.steps[1].name == "b");
  CHECK(scenario.feed_of(0) == nullptr);
  CHECK(scenario.loads.empty());
}

TEST_CASE("scenario: one step may be listed by several journeys, and two journeys may have steps of one name") {
  ScenarioFiles files;
  const Scenario scenario = files.must_load(R"lua(
    local a, b, c = step "log in", step "log in", step "upload"
    return scenario { journeys = {
      x = { steps = { a, c }, run = function() end },
      y = { steps = { b, c }, run = function() end } } })lua");
  CHECK(scenario.catalog.steps.size() == 4);
}

TEST_CASE("scenario: settings, seed and target reach the file") {
  ScenarioFiles files;
  files.settings.values["users"] = "7";
  files.settings.secrets["token"] = "t0ken";
  files.settings.seed = (std::uint64_t{1} << 49) - 1;  // the largest that --seed takes
  files.settings.target = "http://127.0.0.1:8080";
  const Scenario scenario = files.must_load(R"lua(
    local a = step "a"
    assert(setting("users", "1") == "7" and setting("other", "1") == "1" and secret "token" == "t0ken")
    assert(target == "http://127.0.0.1:8080")
    return scenario {
      people = feed.people { seed = run.seed },
      journeys = { j = { run = function() end } },
      loads = { l = constant_users { users = tonumber(setting("users")), duration = "1s" } } })lua");
  CHECK(scenario.loads[0].users == 7);
  CHECK(scenario.settings_asked == std::set<std::string>{"other", "users"});
  CHECK(scenario.feed_of(0)->people->seed == files.settings.seed);
}

TEST_CASE("scenario: what is done to a table after it was handed over changes nothing") {
  ScenarioFiles files;
  files.write("accounts.csv", "email\na@x.test\n");
  const Scenario scenario = files.must_load(R"lua(
    local a = step "a"
    local load = constant_rate { rate = "2/s", duration = "10s" }
    local people = feed.csv "accounts.csv"
    local journey = { run = function() end }
    local s = scenario { journeys = { j = journey }, people = people, loads = { l = load } }
    load.kind, load.pieces, people.path, people.kind = "iterations", { 5 }, "other.csv", "people"
    journey.numbers, journey.run, a.number, a.name = { 999 }, 7, 1e9, {}
    s.description, s.thresholds, s.journeys.k = {}, { {} }, { run = 1 }
    return s)lua");
  CHECK(scenario.loads[0].intensity.total() == Approx(20));
  CHECK(scenario.feed_of(0)->csv->size() == 1);
  REQUIRE(scenario.catalog.steps.size() == 1);
  CHECK(scenario.catalog.steps[0].name == "a");
  CHECK(scenario.journeys.size() == 1);
  CHECK(scenario.thresholds.empty());
}

TEST_CASE("scenario: whatever a file does to its globals, it still loads") {
  ScenarioFiles files;
  const Scenario scenario = files.must_load(R"lua(
    local a = step "a"
    local result = scenario { journeys = { j = { run = function() end } } }
    setmetatable(_G, { __metatable = "mine", __index = function() error "no" end, __newindex = function() error "no" end })
    for name in pairs(string) do string[name] = nil end
    math.floor, table.sort, pairs, ipairs, type, _G = nil, nil, nil, nil, nil, nil
    return result)lua");
  CHECK(scenario.catalog.steps.size() == 1);
}

TEST_CASE("scenario: the shipped ones load") {
  ScenarioFiles files;
  const std::string directory = std::string(GELOMBANG_SOURCE_DIR) + "/scenarios/";
  PhotoStore photos;
  files.settings.library_paths = {directory};
  for (const char* name : {"login", "email_verification", "portal_mix"}) {
    const auto scenario = load_scenario(directory + name + ".lua", files.settings, photos);
    INFO((scenario.has_error() ? scenario.error().message : ""));
    CHECK(scenario.has_value());
  }
}

TEST_CASE("scenario: networks are drawn by their weights, the same for the same arrival") {
  ScenarioFiles files;
  const Scenario scenario = files.must_load(R"lua(
local one = step "one"
return scenario {
  networks = {
    network { name = "fast", weight = 3, upload = "8Mbit/s", download = "16Mbit/s" },
    network { name = "slow", upload = "800kbit/s", download = "1.6Mbit/s", rtt = "250ms" },
  },
  journeys = { visit = { run = function() end } },
}
)lua");
  REQUIRE(scenario.networks.size() == 2);
  CHECK(scenario.catalog.networks == std::vector<std::string>{"fast", "slow"});
  CHECK(scenario.networks[0].profile.upload == 1e6);
  CHECK(scenario.networks[0].profile.download == 2e6);
  CHECK(scenario.networks[0].profile.rtt == 0s);
  CHECK(scenario.networks[1].profile.upload == 1e5);
  CHECK(scenario.networks[1].profile.rtt == 250ms);
  int slow = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const auto network = scenario.network_of(7, i);
    REQUIRE(network.has_value());
    CHECK(network == scenario.network_of(7, i));
    slow += *network == 1 ? 1 : 0;
  }
  CHECK(slow > 2300);
  CHECK(slow < 2700);
}

TEST_CASE("scenario: without networks nobody has one") {
  ScenarioFiles files;
  const Scenario scenario =
      files.must_load("local one = step 'one'\nreturn scenario { journeys = { visit = { run = function() end } } }\n");
  CHECK_FALSE(scenario.network_of(1, 1).has_value());
}
