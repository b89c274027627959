// A valid scenario with random wrong characters: whatever a user mistypes, the loader reports it and does not crash.
#include "base/random.hpp"
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

#include <cctype>
#include <string_view>
#include <vector>

using namespace gelombang;
using namespace std::string_view_literals;
using gelombang::test::ScenarioFiles;

namespace {

constexpr std::string_view kGood = R"lua(local open_page = step "open page"
local log_in    = step "log in"
local limits    = json.decode('{"a":[1,2,{"b":null}],"c":1.5e3}')
return scenario {
  description = "A scenario with every kind of value.",
  people = feed.people { seed = 17, first = 100, count = 5000, domain = "kantor.test", order = "circular" },
  guards = { guard.body { pattern = "16 digits", only = "00..........0000" } },
  journeys = {
    login = { steps = { open_page, log_in }, weight = 3, lasts = "12s", run = function(person)
      open_page(function() http.get("/masuk") end)
      think(2, 8)
    end },
    visit = { steps = { open_page }, weight = 0.5, people = feed.csv("accounts.csv", { order = "queue" }),
      run = function() end },
  },
  loads = {
    smoke = constant_rate { rate = "2/s", duration = "20s" },
    even  = constant_rate { rate = "30/m", duration = 60, uniform = true },
    ramp  = ramping_rate { start = "1/s", stages = { { "2m", "50/s" }, { 300, "10/s" } } },
    crowd = constant_users { users = 200, duration = "5m" },
    some  = iterations { users = 3, iterations = 100, longest = "1h30m" },
  },
  thresholds = { "log in: response_time p95 < 800ms", "all: error_rate < 1% min 100" },
}
)lua";

// The positions of the characters in text and number literals. A change there adds no loop.
std::vector<std::size_t> literal_positions(std::string_view text) {
  std::vector<std::size_t> positions;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      else positions.push_back(i);
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      positions.push_back(i);
    }
  }
  return positions;
}

}  // namespace

TEST_CASE("scenario mutations: 2,000 broken scenarios load or are refused with a line") {
  ScenarioFiles files;
  files.write("accounts.csv", "email,password\na@x.test,1\nb@x.test,2\n");
  files.must_load(std::string(kGood));
  const std::vector<std::size_t> positions = literal_positions(kGood);
  REQUIRE(positions.size() > 250);
  // No line breaks: a message stays one line whatever it quotes.
  constexpr std::string_view kCharacters = "019.-+/:%{}[]()\"'\\ ,;eExnsm\0\x1b\x7f\x80\xff"sv;
  int loaded = 0;
  int refused = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    RandomStream random(20, RandomPurpose::script, i);
    std::string text(kGood);
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
      text[positions[random.below(positions.size())]] = kCharacters[random.below(kCharacters.size())];
    }
    files.write("scenario.lua", text);
    const auto result = files.load();
    if (result.has_value()) {
      ++loaded;
      // A scenario that loads can be used.
      for (const Load& load : result.value().loads) CHECK(load.length() > Duration::zero());
      CHECK(result.value().journey_of(1, i) < result.value().journeys.size());
      continue;
    }
    ++refused;
    const std::string& message = result.error().message;
    INFO(text);
    CHECK(message.find("scenario.lua:") != std::string::npos);
    CHECK(message.find("api:") == std::string::npos);
  }
  CHECK(loaded > 100);
  CHECK(refused > 500);
}
