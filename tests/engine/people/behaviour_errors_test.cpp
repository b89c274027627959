// A wrong behaviour gets one line with the file, the line and what was expected.
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

using namespace gelombang;
using gelombang::test::ScenarioFiles;

namespace {

// The behaviour is on line 2.
std::string with_behaviour(const std::string& fields) {
  return "local a = step 'a'\n"
         "local b = behaviour { name = 'crowd', " +
         fields +
         " }\n"
         "return scenario { journeys = { j = { behaviour = b, run = function() end } } }\n";
}

struct Case {
  std::string fields;
  std::string message;
};

}  // namespace

TEST_CASE("behaviour errors: impossible values") {
  ScenarioFiles files;
  const auto [fields, message] = GENERATE(values<Case>({
      {"reload = 1.5", "reload is 1.5: expected a share from 0 to 1"},
      {"reload = -0.1", "reload is -0.1: expected a share from 0 to 1"},
      {"reload = 0/0", "reload is nan: expected a share from 0 to 1"},
      {"reload = '50%'", "reload is 50%: expected a share from 0 to 1"},
      {"double_submit = 2", "double_submit is 2: expected a share from 0 to 1"},
      {"patience = { median = '10s', p90 = '5s' }",
       "patience: p90 is 5s and the median 10s: expected a p90 that is not below the median"},
      {"patience = { median = '-10s', p90 = '5s' }",
       "patience: median: '-10s' is not a duration: expected a number and a unit, such as 250ms, 20s, 2m or 1h30m"},
      {"patience = { median = 0, p90 = 5 }", "patience: median is 0: expected more than 0"},
      {"patience = { median = 5 }", "patience: p90 is missing: expected a duration such as \"20s\""},
      {"patience = '10s'", "patience is a string: expected a table { ... }"},
      {"patience = { median = 1, p95 = 2 }", "patience does not know 'p95': expected median, p90"},
      {"burst = { 5, 2 }, gap = { 1, 2 }", "burst: 5 stands before 2: expected the smaller one first"},
      {"burst = { 2 }, gap = { 1, 2 }", "burst has 1 values: expected 2"},
      {"burst = { 0, 2 }, gap = { 1, 2 }", "burst is 0: expected a whole number of at least 1"},
      {"burst = { 1.5, 2 }, gap = { 1, 2 }", "burst is 1.5: expected a whole number of at least 1"},
      {"burst = { 2, 5 }, gap = { '30s', '5s' }", "gap: 30s stands before 5s: expected the smaller one first"},
      {"burst = { 2, 5 }, gap = { -1, 5 }", "gap is -1: expected 0 or more seconds, at most ten years"},
      {"burst = { 2, 5 }, gap = { 0, 5 }", "gap is 0: expected more than 0"},
      {"pauses = { { 0.6, '10m', '60m' }, { 0.5, '6h', '18h' } }",
       "pauses: the shares add up to 1.1: expected at most 1, because only one of them applies to a person"},
      {"pauses = { { 1.2, '10m', '60m' } }", "pauses: pause 1: share is 1.2: expected a share from 0 to 1"},
      {"pauses = { { 0.5, '60m', '10m' } }", "pauses: pause 1: 60m stands before 10m: expected the smaller one first"},
      {"pauses = { { 0.5, '60m' } }", "pauses: pause 1 has 2 values: expected 3"},
      {"pauses = { { 0.5, '1m', '2m' } }, attempts = { median = 0.5, p90 = 3 }",
       "attempts: median is 0.5: expected a number of at least 1"},
      {"again = 'tomorrow', pauses = { { 1, 1, 2 } }", "again is 'tomorrow': expected step or journey"},
      {"shares = { a = 1.01 }", "shares: 'a' is 1.01: expected a share from 0 to 1"},
      {"shares = { photo = { large = 0.7, heic = 0.4 } }",
       "shares: 'photo': the shares add up to 1.1: expected at most 1, because only one of them applies to a person"},
  }));
  INFO(fields);
  CHECK(files.error_of(with_behaviour(fields)) == "scenario.lua:2: behaviour 'crowd': " + message);
}

TEST_CASE("behaviour errors: what makes no sense alone") {
  ScenarioFiles files;
  const auto [fields, message] = GENERATE(values<Case>({
      {"gap = { 1, 2 }", "gap needs burst = { least, most }: tries in a row"},
      {"burst = { 1, 2 }", "burst needs gap = { shortest, longest }: the time between two tries"},
      {"reload = 0.5", "reload needs patience and burst, because a reload is another try"},
      {"attempts = { median = 4, p90 = 15 }",
       "attempts needs burst or pauses, because without them nobody tries again"},
      {"again = 'journey'", "again needs burst or pauses, because without them nobody tries again"},
  }));
  INFO(fields);
  CHECK(files.error_of(with_behaviour(fields)) == "scenario.lua:2: behaviour 'crowd': " + message);
}

TEST_CASE("behaviour errors: unknown fields, names and places") {
  ScenarioFiles files;
  CHECK(files.error_of(with_behaviour("pations = 1")) ==
        "scenario.lua:2: behaviour does not know 'pations': expected again, attempts, burst, double_submit, gap, name, "
        "patience, pauses, reload, shares");
  CHECK(files.error_of("step 'a'\nbehaviour {}") ==
        "scenario.lua:2: behaviour: name 'nil': expected a name of 1 to 80 letters, digits, _ and -");
  CHECK(files.error_of("step 'a'\nbehaviour 'x'") == "scenario.lua:2: behaviour is a string: expected a table { ... }");
  CHECK(
      files.error_of("step 'a'\nreturn scenario { journeys = { j = { behaviour = 'calm', run = function() end } } }") ==
      "scenario.lua:2: journey 'j': behaviour is no behaviour: expected behaviour { ... }");
  CHECK(files.error_of("behaviour { name = 'a', shares = { photo = 0.5 } }\n"
                       "behaviour { name = 'b', shares = { photo = { raw = 0.5 } } }") ==
        "scenario.lua:2: behaviour 'b': shares: 'photo' is a share here and a choice in another behaviour");
}

TEST_CASE("behaviour: what was declared is what is read") {
  ScenarioFiles files;
  const Scenario scenario = files.must_load(
      with_behaviour("patience = { median = '10s', p90 = '30s' }, reload = 0.7, burst = { 2, 5 }, gap = { '5s', 30 }, "
                     "pauses = { { 0.6, '10m', '60m' }, { 0.4, '6h', '18h' } }, attempts = { median = 4, p90 = 15 }, "
                     "double_submit = 0.05, again = 'journey'"));
  using namespace std::chrono_literals;
  const Behaviour* behaviour = scenario.behaviour_of(0);
  REQUIRE(behaviour != nullptr);
  CHECK(behaviour->name == "crowd");
  CHECK(behaviour->patience->median == 10);
  CHECK(behaviour->patience->p90 == 30);
  CHECK(behaviour->reload == 0.7);
  CHECK(behaviour->burst_least == 2);
  CHECK(behaviour->burst_most == 5);
  CHECK(behaviour->gap.least == 5s);
  CHECK(behaviour->gap.most == 30s);
  REQUIRE(behaviour->pauses.size() == 2);
  CHECK(behaviour->pauses[1].share == 0.4);
  CHECK(behaviour->pauses[1].length.least == 6h);
  CHECK(behaviour->pauses[1].length.most == 18h);
  CHECK(behaviour->attempts->p90 == 15);
  CHECK(behaviour->double_submit == 0.05);
  CHECK(behaviour->again == Behaviour::Again::journey);
  const Scenario without = files.must_load("step 'a'\nreturn scenario { journeys = { j = { run = function() end } } }");
  CHECK(without.behaviour_of(0) == nullptr);
}
