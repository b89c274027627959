#include "capacity/capacity_search.hpp"

#include "base/random.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace gelombang;

namespace {

using Target = std::function<ProbeVerdict(const SearchStep&)>;

struct Played {
  SearchAnswer answer;
  std::vector<SearchStep> steps;
};

Played play(const SearchOptions& options, const Target& target) {
  CapacitySearch search(options);
  Played played;
  while (const auto step = search.next()) {
    played.steps.push_back(*step);
    search.add(target(*step));
    if (played.steps.size() > options.most_probes) FAIL("it does not end");
  }
  CHECK(search.over());
  played.answer = search.answer();
  return played;
}

// Holds at every rate up to `capacity`.
Target sharp(double capacity) {
  return
      [capacity](const SearchStep& step) { return step.rate <= capacity ? ProbeVerdict::held : ProbeVerdict::broken; };
}

// Holds with a probability that falls around `capacity`, over the relative width `width`. A share `wrong` of the probes
// gives the opposite verdict.
Target noisy(double capacity, double width, double wrong, std::uint64_t seed) {
  return [=, index = std::uint64_t{0}](const SearchStep& step) mutable {
    RandomStream random(seed, RandomPurpose::draw, index++);
    const bool holds = random.uniform() < 1 / (1 + std::exp(std::log(step.rate / capacity) / width));
    const bool lies = random.uniform() < wrong;
    return holds != lies ? ProbeVerdict::held : ProbeVerdict::broken;
  };
}

std::size_t probes_at(const Played& played, double rate) {
  return static_cast<std::size_t>(
      std::count_if(played.steps.begin(), played.steps.end(), [rate](const SearchStep& s) { return s.rate == rate; }));
}

}  // namespace

TEST_CASE("capacity search: a sharp limit is bracketed as narrowly as asked for", "[unit][capacity]") {
  for (const double capacity : {1.0, 1.7, 10.0, 99.5, 1234.0}) {
    for (const double precision : {0.02, 0.05, 0.2}) {
      SearchOptions options;
      options.precision = precision;
      const Played played = play(options, sharp(capacity));
      INFO("capacity " << capacity << ", precision " << precision << ", probes " << played.steps.size());
      REQUIRE(played.answer.end == SearchEnd::found);
      CHECK(*played.answer.held <= capacity);
      CHECK(*played.answer.broken > capacity);
      CHECK(*played.answer.broken / *played.answer.held <= 1 + precision);
      CHECK(played.answer.interval->low <= capacity);
      CHECK(played.answer.interval->high >= capacity);
      // The answer's level was confirmed by a second probe.
      CHECK(probes_at(played, *played.answer.held) == 2);
    }
  }
}

TEST_CASE("capacity search: rates double first, and never pass the highest", "[unit][capacity]") {
  SearchOptions options;
  options.min_rate = 10;
  options.max_rate = 100;
  const Played played = play(options, sharp(1000));
  CHECK(played.answer.end == SearchEnd::never_fails);
  CHECK(*played.answer.held == 100);
  CHECK_FALSE(played.answer.interval);
  std::vector<double> rates;
  for (const SearchStep& step : played.steps) rates.push_back(step.rate);
  CHECK(rates == std::vector<double>{10, 20, 40, 80, 100, 100});
}

TEST_CASE("capacity search: a lowest rate that breaks is repeated, then the end", "[unit][capacity]") {
  SearchOptions options;
  options.min_rate = 5;
  const Played played = play(options, sharp(4));
  CHECK(played.answer.end == SearchEnd::fails_at_lowest);
  CHECK(played.steps.size() == 2);
  CHECK_FALSE(played.answer.held);
  CHECK(*played.answer.broken == 5);
}

TEST_CASE("capacity search: noise around the limit does not mislead it", "[unit][capacity][statistics]") {
  int near = 0;
  int held_truth = 0;
  std::size_t most_probes = 0;
  constexpr int kSearches = 200;
  for (std::uint64_t seed = 0; seed < kSearches; ++seed) {
    const double capacity = 20 * std::pow(50.0, RandomStream(seed, RandomPurpose::script, 0).uniform());
    const Played played = play(SearchOptions{}, noisy(capacity, 0.02, 0.02, seed));
    if (played.answer.end != SearchEnd::found) continue;
    near += std::abs(*played.answer.held / capacity - 1) <= 0.1 ? 1 : 0;
    const auto& interval = *played.answer.interval;
    held_truth += interval.low <= capacity && capacity <= interval.high ? 1 : 0;
    most_probes = std::max(most_probes, played.steps.size());
  }
  INFO(near << " of " << kSearches << " within 10 %, " << held_truth << " intervals with the truth, at most "
            << most_probes << " probes");
  CHECK(near >= 190);
  CHECK(held_truth >= 180);
  CHECK(most_probes <= 45);
}

TEST_CASE("capacity search: one bad probe while climbing costs one more probe, not the answer", "[unit][capacity]") {
  int calls = 0;
  const Played played = play(SearchOptions{}, [&calls](const SearchStep& step) {
    if (++calls == 3) return ProbeVerdict::broken;  // at 4/s
    return sharp(100)(step);
  });
  CHECK(*played.answer.held > 95);
  CHECK(probes_at(played, 4) == 3);
}

TEST_CASE("capacity search: a level that held by luck is given up", "[unit][capacity]") {
  int calls = 0;
  const Played played = play(SearchOptions{}, [&calls](const SearchStep& step) {
    if (++calls == 5) return ProbeVerdict::held;  // at 16/s, beyond the limit
    return sharp(10)(step);
  });
  REQUIRE(played.answer.end == SearchEnd::found);
  CHECK(*played.answer.held <= 10);
  CHECK(*played.answer.held > 9.5);
}

TEST_CASE("capacity search: after a breakdown it waits until the lowest rate holds again", "[unit][capacity]") {
  int ill = 0;
  const Played played = play(SearchOptions{}, [&ill](const SearchStep& step) {
    if (step.recovery) return ill-- > 0 ? ProbeVerdict::broken : ProbeVerdict::held;
    if (step.rate <= 50) return ProbeVerdict::held;
    ill = 2;
    return ProbeVerdict::collapsed;
  });
  REQUIRE(played.answer.end == SearchEnd::found);
  CHECK(*played.answer.held <= 50);
  CHECK(*played.answer.held > 47);
  for (std::size_t i = 0; i + 3 < played.steps.size(); ++i) {
    if (played.steps[i].recovery || played.steps[i].rate <= 50) continue;
    // A rate that broke the target is not probed a second time.
    CHECK(probes_at(played, played.steps[i].rate) == 1);
    for (std::size_t k = 1; k <= 3; ++k) {
      CHECK(played.steps[i + k].recovery);
      CHECK(played.steps[i + k].rate == 1);
    }
  }
}

TEST_CASE("capacity search: a target that stays down ends it, with what is known", "[unit][capacity]") {
  bool down = false;
  const Played played = play(SearchOptions{}, [&down](const SearchStep& step) {
    down = down || step.rate > 50;
    return down ? ProbeVerdict::collapsed : ProbeVerdict::held;
  });
  CHECK(played.answer.end == SearchEnd::not_recovered);
  CHECK(*played.answer.held == 32);
  CHECK(*played.answer.broken == 64);
  CHECK(played.steps.size() == 7 + SearchOptions{}.recovery_tries);
}

TEST_CASE("capacity search: an invalid probe is repeated, and then the generator is the limit", "[unit][capacity]") {
  const Played played = play(SearchOptions{}, [](const SearchStep& step) {
    return step.rate < 30 ? ProbeVerdict::held : ProbeVerdict::invalid;
  });
  CHECK(played.answer.end == SearchEnd::generator_limit);
  CHECK(played.answer.stopped_at == 32);
  CHECK(*played.answer.held == 16);
  CHECK(probes_at(played, 32) == 3);

  int calls = 0;
  const Played hiccup = play(SearchOptions{}, [&calls](const SearchStep& step) {
    return ++calls % 3 == 0 ? ProbeVerdict::invalid : sharp(100)(step);
  });
  CHECK(hiccup.answer.end == SearchEnd::found);
  CHECK(*hiccup.answer.held > 95);
}

TEST_CASE("capacity search: no data ends it at once", "[unit][capacity]") {
  const Played played = play(SearchOptions{}, [](const SearchStep&) { return ProbeVerdict::no_data; });
  CHECK(played.answer.end == SearchEnd::no_data);
  CHECK(played.steps.size() == 1);
}

TEST_CASE("capacity search: it ends though the target answers at random", "[unit][capacity][statistics]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Played played = play(SearchOptions{}, [seed, index = std::uint64_t{0}](const SearchStep&) mutable {
      return static_cast<ProbeVerdict>(RandomStream(seed, RandomPurpose::draw, index++).below(4));
    });
    CHECK(played.steps.size() <= SearchOptions{}.most_probes);
  }
}

TEST_CASE("capacity search: what is known can be asked for before the end", "[unit][capacity]") {
  CapacitySearch search(SearchOptions{});
  CHECK_FALSE(search.answer().held);
  search.add(ProbeVerdict::held);
  search.add(ProbeVerdict::held);
  CHECK(search.answer().end == SearchEnd::unsettled);
  CHECK(*search.answer().held == 2);
  CHECK(search.answer().stopped_at == 4);
}

TEST_CASE("knee: of an M/M/1 queue it is at half its capacity", "[unit][capacity]") {
  std::vector<CurvePoint> curve;
  for (int rate = 5; rate < 100; rate += 5) {
    curve.push_back({static_cast<double>(rate), static_cast<double>(rate), 1.0 / (100 - rate)});
  }
  REQUIRE(knee_of(curve));
  CHECK(curve[*knee_of(curve)].rate == 50);
  CHECK_FALSE(knee_of({}));
  CHECK_FALSE(knee_of({{10, 0, 0}}));
  // Only one side of the knee was measured.
  CHECK_FALSE(knee_of({{10, 10, 0.1}}));
  CHECK_FALSE(knee_of({{10, 10, 0.1}, {20, 20, 0.1}, {40, 40, 0.1}}));
  CHECK_FALSE(knee_of({{10, 10, 0.1}, {20, 15, 0.5}}));
}
