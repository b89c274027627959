#include "uptime/watch_plan.hpp"

#include "engine/lua/scenario_loader.hpp"
#include "engine/people/photo_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

constexpr const char* kLogin = R"lua(
local log_in = step "log in"
return scenario { journeys = { login = { run = function() log_in(function() http.get "/" end) end } } }
)lua";

// A watch file in a folder of its own, with a scenario login.lua beside it.
class Watched {
 public:
  explicit Watched(const std::string& text) {
    write("login.lua", kLogin);
    write("watch.lua", text);
  }
  void write(const std::string& name, const std::string& text) { test::write_file(folder_.file(name), text); }
  Result<WatchFile> load() { return load_watch(folder_.file("watch.lua"), {}); }
  Result<WatchPlan> plan(const WatchChoices& choices = {}) {
    auto file = load();
    if (file.has_error()) return file.error();
    PhotoStore photos;
    return plan_watch(*file, choices, [&](const std::string& path) { return load_scenario(path, {}, photos); });
  }
  // The message without the folder.
  std::string refusal(const WatchChoices& choices = {}) {
    const auto planned = plan(choices);
    if (!planned.has_error()) return "";
    std::string message = planned.error().message;
    const std::string prefix = folder_.file("");
    for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
      message.erase(at, prefix.size());
    return message;
  }

 private:
  test::TemporaryDirectory folder_;
};

// A watch with one monitor, of which the test gives some fields.
std::string login(const std::string& fields, const std::string& more = "") {
  return fmt::format(R"(return watch {{
  location = "jakarta-1", zone = "Asia/Jakarta", target = "https://portal.example",{}
  monitors = {{ login = {{ scenario = "login.lua", every = "30s", {} }} }} }})",
                     more, fields);
}

}  // namespace

TEST_CASE("watch file: all that it says arrives") {
  Watched watched(R"lua(
return watch {
  location = "jakarta-1", locations = { "jakarta-1", "surabaya-1" }, zone = "Asia/Jakarta",
  target = "https://portal.example.id",
  monitors = {
    login = { scenario = "login.lua", every = "30s", timeout = "20s", slow = "2s", public = "Masuk",
              people = pool { feed.people { count = 100 }, rest = "10m" }, down = "2 of 5", probe = false, max_in_flight = 2,
              per_day = 500, slo = { availability = "99.5%", { step = "log in", below = "800ms", share = "95%" } } },
    home = { url = "/", contains = "Prakerja", every = "1m" },
  },
  maintenance = { { every = "Sun 00:01", lasts = "5h" }, { at = "2026-12-04T12:00", lasts = "90m" } },
  calendar = { { "2026-12-04T12:00", "wave 14 opens" } },
  witness = { "10.0.0.1:443" },
}
)lua");
  const auto plan = watched.plan();
  REQUIRE(plan.has_value());
  CHECK(plan->location == "jakarta-1");
  CHECK(plan->locations.size() == 2);
  CHECK(plan->zone_name == "Asia/Jakarta");
  CHECK(plan->maintenance.size() == 2);
  REQUIRE(plan->monitors.size() == 2);

  const auto& home = plan->monitors[0];  // by name
  CHECK(home.file.name == "home");
  CHECK(home.file.contains == "Prakerja");
  CHECK(home.timeout == 20s);
  CHECK_FALSE(home.scenario);
  CHECK(home.shown == "https://portal.example.id/");
  CHECK(home.timing.host == "portal.example.id");

  const auto& one = plan->monitors[1];
  CHECK(one.file.title == "Masuk");
  CHECK(one.file.slow == 2s);
  CHECK(one.file.rest == 10min);
  CHECK(one.file.people->size() == 100);
  CHECK(one.file.per_day == 500);
  CHECK(one.timing.down.failures == 2);
  CHECK(one.timing.down.of == 5);
  CHECK(one.timing.max_in_flight == 2);
  CHECK_FALSE(one.timing.probe_in_maintenance);
  REQUIRE(one.file.objectives.size() == 2);
  CHECK(one.file.objectives[0].step.empty());
  CHECK(one.file.objectives[0].share == Approx(0.995));
  CHECK(one.file.objectives[1].step == "log in");
  CHECK(one.file.objectives[1].below == 800ms);
  CHECK(one.scenario->catalog.steps.at(0).name == "log in");
}

TEST_CASE("watch file: the command line wins, and one file serves all places") {
  Watched watched(login("", R"( locations = { "jakarta-1", "surabaya-1" },)"));
  const auto plan = watched.plan({"surabaya-1", "http://127.0.0.1:8080"});
  REQUIRE(plan.has_value());
  CHECK(plan->location == "surabaya-1");
  CHECK(plan->monitors.at(0).target.text == "http://127.0.0.1:8080");
  CHECK_THAT(watched.refusal({"bandung-1", ""}), Contains("location 'bandung-1' is none of locations"));
}

TEST_CASE("watch file: without a timeout a visit has 20 seconds, or two thirds of a short interval") {
  CHECK(default_timeout(30s) == 20s);
  CHECK(default_timeout(15s) == 10s);
  CHECK(default_timeout(5min) == 20s);
}

TEST_CASE("watch file: what the next issue brings, and what is mistyped, is refused with its line") {
  for (const std::string key : {"peers", "publish", "notify", "monitor", "zones"}) {
    Watched watched(login("", fmt::format(" {} = {{}},", key)));
    CHECK_THAT(watched.refusal(), Contains(fmt::format("watch.lua:1: watch does not know '{}'", key)));
  }
  Watched watched(login("evry = 3"));
  CHECK_THAT(watched.refusal(), Contains("watch.lua:1: monitor 'login' does not know 'evry'"));
}

TEST_CASE("watch file: each wrong value is one line that says what was expected") {
  struct Row {
    std::string fields;
    std::string message;
  };
  const std::vector<Row> rows{
      {"timeout = \"40s\"", "timeout is 40.0 s, and every 30.0 s: expected at most the interval, or max_in_flight = 2"},
      {"timeout = \"20s\", slow = \"20s\"", "slow is 20.0 s: expected less than the timeout"},
      {"every = \"10ms\"", "every is 10.0 ms: expected 1s to 24h"},
      {"every = \"48h\"", "expected 1s to 24h"},
      {"url = \"/\"", "expected either scenario"},
      {"contains = \"x\"", "contains belongs to a url"},
      {"people = feed.people {}", "people are no pool"},
      {"people = pool { rest = \"10m\" }", "pool: its accounts are no feed"},
      {"people = pool { feed.people { count = 20 }, rest = \"10m\" }",
       "the pool has 20 accounts: every 30.0 s and a rest of"},
      {"down = \"3 of 2\"", "expected a text such as \"2 of 5\""},
      {"down = 2", "expected a text such as \"2 of 5\""},
      {"down = \"2 of 101\"", "at most 100"},
      {"max_in_flight = 0", "expected a whole number of at least 1"},
      {"probe = \"no\"", "expected true or false"},
      {"public = 5", "expected a text"},
      {"slo = { availability = 99.5 }", "expected a share above 0 % and below 100 %"},
      {"slo = { availability = \"100%\" }", "expected a share above 0 % and below 100 %"},
      {"slo = { latency = \"99%\" }", "slo does not know 'latency'"},
      {"slo = { { below = \"1s\", share = \"95%\" } }", "step is missing"},
      {"slo = { { step = \"log out\", below = \"1s\", share = \"95%\" } }",
       "login has no step 'log out': expected one of log in"},
      {"slo = { { step = \"log in\", share = \"95%\" } }", "below is missing"},
  };
  for (const auto& row : rows) {
    INFO(row.fields);
    std::string text = login(row.fields);
    // A later key of the same name wins in Lua, as it does for a reader.
    Watched watched(text);
    const auto message = watched.refusal();
    CHECK_THAT(message, Contains(row.message));
    CHECK_THAT(message, Catch::StartsWith("watch.lua:"));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("watch file: wrong values of the whole watch are refused") {
  const auto refusal = [](const std::string& more) { return Watched(login("", more)).refusal(); };
  CHECK_THAT(refusal(" maintenance = { { every = \"Sunday 1:00\", lasts = \"5h\" } },"),
             Contains("is no time of maintenance"));
  CHECK_THAT(refusal(" maintenance = { { every = \"Sun 01:00\" } },"), Contains("lasts is missing"));
  CHECK_THAT(refusal(" maintenance = { { lasts = \"5h\" } },"), Contains("expected either every"));
  CHECK_THAT(refusal(" maintenance = { { every = \"2026-12-04T12:00\", lasts = \"5h\" } },"),
             Contains("a single time is at ="));
  CHECK_THAT(refusal(" calendar = { { \"tomorrow\", \"wave\" } },"), Contains("calendar: 'tomorrow' is no time"));
  CHECK_THAT(refusal(" calendar = { \"2026-12-04T12:00\" },"), Contains("calendar 1"));
  CHECK_THAT(refusal(" locations = { \"a\", \"a\" },"), Contains("'a' stands there twice"));
  CHECK_THAT(refusal(" zone = \"Asia/Jakrta\","), Contains("is no time zone of this machine"));
  CHECK_THAT(refusal(" target = \"portal\","), Contains("monitor 'login'"));
  CHECK_THAT(Watched("return watch { location = \"a\", monitors = {} }").refusal(), Contains("monitors is empty"));
  CHECK_THAT(Watched("return watch { location = \"a\", monitors = { [\"a b\"] = {} } }").refusal(),
             Contains("expected a name"));
  CHECK_THAT(Watched("return watch { monitors = { a = { url = \"/\", every = \"1m\" } } }").refusal(),
             Contains("no location"));
  CHECK_THAT(Watched("return watch { location = \"a\", monitors = { a = { url = \"/\", every = \"1m\" } } }").refusal(),
             Contains("monitor 'a': no target"));
  CHECK_THAT(Watched(kLogin).refusal(), Contains("the file returns no watch"));
  CHECK_THAT(Watched("return {").refusal(), Contains("watch.lua:1:"));
}

TEST_CASE("watch file: a scenario that is not there, or has several journeys, is refused") {
  Watched missing(login("scenario = \"logn.lua\""));
  CHECK_THAT(missing.refusal(), Contains("monitor 'login': logn.lua: no such scenario file"));
  Watched several(login("scenario = \"two.lua\""));
  several.write("two.lua", R"lua(
local a = step "a"
return scenario { journeys = { one = { steps = { a }, run = function() a(function() end) end },
                               two = { steps = { a }, run = function() a(function() end) end } } }
)lua");
  CHECK_THAT(several.refusal(), Contains("two.lua has 2 journeys: a monitor plays a scenario with one"));
}

TEST_CASE("watch file: over 32 different latencies are refused") {
  std::string slo;
  for (int i = 1; i <= 33; ++i) slo += fmt::format("{{ step = \"log in\", below = \"{}ms\", share = \"95%\" }}, ", i);
  CHECK_THAT(Watched(login("slo = { " + slo + " }")).refusal(), Contains("32"));
}
