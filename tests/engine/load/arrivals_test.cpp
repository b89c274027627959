#include "engine/load/arrivals.hpp"

#include "base/random.hpp"
#include "engine/people/feeder.hpp"
#include "engine/scenario/scenario.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

std::vector<Arrival> all_of(const Load& load, std::uint64_t seed, Share share = {}) {
  ArrivalSchedule schedule(load, seed, share);
  std::vector<Arrival> arrivals;
  while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
  return arrivals;
}

bool same(const std::vector<Arrival>& a, const std::vector<Arrival>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Arrival& left, const Arrival& right) {
    return left.index == right.index && left.offset == right.offset;
  });
}

Load ramp_load() {
  Load load;
  load.kind = LoadKind::ramping_rate;
  load.intensity.add_piece(30s, Rate::per_second(0), Rate::per_second(60));
  load.intensity.add_piece(10s, Rate{}, Rate{});
  load.intensity.add_piece(20s, Rate::per_second(100), Rate::per_second(20));
  return load;
}

// The Kolmogorov-Smirnov statistic. `expected` gives the share of values up to x that the distribution should have.
template <class Expected>
double kolmogorov_smirnov(std::vector<double> values, Expected expected) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = expected(values[i]);
    worst = std::max({worst, share - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - share});
  }
  return worst * std::sqrt(count);
}
constexpr double kOneInAThousand = 1.949;  // the statistic's 99.9 % quantile (Smirnov 1948)

}  // namespace

TEST_CASE("arrivals: uniform arrivals are exactly as many and exactly where they should be") {
  const auto [rate, duration, count] = GENERATE(table<double, Duration, std::size_t>({
      {10.0, 20s, 200},
      {1.0, 1s, 1},
      {0.1, 15s, 2},  // at 0 and 10 s
      {0.1, 20s, 2},
      {1.0 / 60, 2min, 2},  // 1/min
      {1.0 / 60, 30min, 30},
      {7.0 / 60, 3min, 21},
      {0.7, 20s, 14},
      {33.3, 10s, 333},
      {100.0 / 3600, 9h, 900},
      {999.9, 10s, 9999},
      {0.3, 10s, 3},
  }));
  INFO(rate << "/s for " << to_seconds(duration) << " s");
  const Load load = constant_rate_load(Rate::per_second(rate), duration, true);
  const auto arrivals = all_of(load, 1);
  REQUIRE(arrivals.size() == count);
  CHECK(count_arrivals(load, 1, Segment{}) == count);
  for (std::size_t j = 0; j < arrivals.size(); ++j) {
    CHECK(arrivals[j].index == j);
    CHECK(std::abs((arrivals[j].offset - from_seconds(static_cast<double>(j) / rate)).count()) <= 1);
  }
}

TEST_CASE("arrivals: uniform arrivals end on the same count whatever the rate's last bit") {
  for (int thousandths = 1; thousandths <= 3000; ++thousandths) {
    const Load load = constant_rate_load(Rate::per_second(thousandths / 1000.0), 1000s, true);
    if (all_of(load, 1).size() != static_cast<std::size_t>(thousandths)) FAIL(thousandths << "/1000 per second");
  }
}

TEST_CASE("arrivals: slow Poisson rates work") {
  const Load per_minute = constant_rate_load(Rate::per_second(1.0 / 60), 10000min, false);
  const Load per_ten_seconds = constant_rate_load(Rate::per_second(0.1), 100000s, false);
  // 10,000 expected, standard deviation 100.
  CHECK(std::abs(static_cast<double>(all_of(per_minute, 5).size()) - 10000) < 330);
  CHECK(std::abs(static_cast<double>(all_of(per_ten_seconds, 5).size()) - 10000) < 330);
}

TEST_CASE("arrivals: the same seed gives the same list, another seed another one") {
  for (const Load& load : {constant_rate_load(Rate::per_second(50), 60s, false), ramp_load()}) {
    const auto list = all_of(load, 42);
    CHECK(same(list, all_of(load, 42)));
    const auto other = all_of(load, 43);
    CHECK_FALSE(same(list, other));
    // The lists differ from the first arrival on. One is no shifted copy of the other.
    CHECK(list[0].offset != other[0].offset);
    CHECK(list[1].offset - list[0].offset != other[1].offset - other[0].offset);
  }
}

TEST_CASE("arrivals: they come in order, within the load's time") {
  const Load load = ramp_load();
  Duration before = -1ns;
  for (const Arrival& arrival : all_of(load, 3)) {
    CHECK(arrival.offset >= before);
    CHECK(arrival.offset < load.length());
    before = arrival.offset;
  }
}

TEST_CASE("arrivals: once over, a schedule stays over") {
  const Load load = constant_rate_load(Rate::per_second(5), 2s, GENERATE(true, false));
  ArrivalSchedule schedule(load, 1, Share{});
  while (schedule.next()) {
  }
  for (int i = 0; i < 100; ++i) CHECK_FALSE(schedule.next());
}

TEST_CASE("arrivals: Poisson gaps are exponential, by a Kolmogorov-Smirnov test") {
  const double rate = 200;
  const auto seed = GENERATE(as<std::uint64_t>(), 1, 2, 3, 4, 5);
  const auto arrivals = all_of(constant_rate_load(Rate::per_second(rate), 100s, false), seed);
  std::vector<double> gaps;
  double before = 0;
  for (const Arrival& arrival : arrivals) {
    gaps.push_back(to_seconds(arrival.offset) - before);
    before = to_seconds(arrival.offset);
  }
  REQUIRE(gaps.size() > 19000);
  CHECK(kolmogorov_smirnov(gaps, [rate](double gap) { return 1 - std::exp(-rate * gap); }) < kOneInAThousand);
  // The test can fail: uniform gaps with the same mean are not a Poisson process.
  for (double& gap : gaps) gap = 1 / rate;
  CHECK(kolmogorov_smirnov(gaps, [rate](double gap) { return 1 - std::exp(-rate * gap); }) > kOneInAThousand);
}

TEST_CASE("arrivals: counts per second have a variance of about their mean") {
  const auto arrivals = all_of(constant_rate_load(Rate::per_second(20), 5000s, false), 9);
  std::vector<double> counts(5000);
  for (const Arrival& arrival : arrivals) ++counts[static_cast<std::size_t>(to_seconds(arrival.offset))];
  double mean = 0;
  for (const double count : counts) mean += count / 5000;
  double variance = 0;
  for (const double count : counts) variance += (count - mean) * (count - mean) / 4999;
  CHECK(mean == Approx(20).margin(0.21));            // 3.3 standard errors
  CHECK(variance / mean == Approx(1).margin(0.07));  // sqrt(2 / 4999) = 0.02
}

TEST_CASE("arrivals: ramps put arrivals where the rate is") {
  Load load = ramp_load();
  load.intensity = load.intensity.scaled(20);
  const auto arrivals = all_of(load, 7);
  const double total = load.intensity.total();
  CHECK(std::abs(static_cast<double>(arrivals.size()) - total) < 3.3 * std::sqrt(total));
  std::vector<double> offsets;
  for (const Arrival& arrival : arrivals) {
    offsets.push_back(to_seconds(arrival.offset));
    CHECK_FALSE((offsets.back() > 30.0000001 && offsets.back() < 40));  // no arrivals in the gap
  }
  CHECK(kolmogorov_smirnov(offsets, [&](double t) { return load.intensity.integral(from_seconds(t)) / total; }) <
        kOneInAThousand);
}

TEST_CASE("arrivals: a uniform ramp comes ever closer together") {
  Load load;
  load.uniform = true;
  load.intensity.add_piece(10s, Rate::per_second(0), Rate::per_second(20));
  const auto arrivals = all_of(load, 1);
  REQUIRE(arrivals.size() == 100);
  for (std::size_t j = 0; j < arrivals.size(); ++j) {
    CHECK(to_seconds(arrivals[j].offset) == Approx(std::sqrt(static_cast<double>(j))).margin(1e-8));
  }
}

TEST_CASE("arrivals: the union over segments and workers is the one-process schedule, exactly") {
  const auto [segments, workers] =
      GENERATE(table<std::uint64_t, std::uint64_t>({{1, 1}, {1, 7}, {8, 1}, {3, 4}, {5, 16}}));
  const bool uniform = GENERATE(false, true);
  Load load = ramp_load();
  load.uniform = uniform;
  const auto whole = all_of(load, 11);
  std::vector<Arrival> united;
  std::uint64_t planned = 0;
  std::uint64_t smallest = whole.size();
  std::uint64_t largest = 0;
  for (std::uint64_t segment = 0; segment < segments; ++segment) {
    planned += count_arrivals(load, 11, Segment{segment, segments});
    for (std::uint64_t worker = 0; worker < workers; ++worker) {
      const auto part = all_of(load, 11, Share{Segment{segment, segments}, worker, workers});
      united.insert(united.end(), part.begin(), part.end());
      smallest = std::min<std::uint64_t>(smallest, part.size());
      largest = std::max<std::uint64_t>(largest, part.size());
    }
  }
  std::sort(united.begin(), united.end(), [](const Arrival& a, const Arrival& b) { return a.index < b.index; });
  CHECK(same(united, whole));
  CHECK(planned == whole.size());
  CHECK(largest - smallest <= 1);  // and the shares are equal
}

TEST_CASE("arrivals: journeys and people of the union are those of the one-process run") {
  Scenario scenario;
  auto table = std::make_shared<CsvTable>();
  table->columns = {"email"};
  for (int i = 0; i < 50; ++i) table->add_field("user" + std::to_string(i));
  const FeederOrder order = GENERATE(FeederOrder::circular, FeederOrder::random, FeederOrder::queue);
  for (const auto& [name, weight] : {std::pair{"apply", 1.0}, {"login", 5.0}, {"upload", 2.5}}) {
    Journey journey;
    journey.name = name;
    journey.weight = weight;
    journey.people.emplace();
    journey.people->order = order;
    journey.people->csv = table;
    scenario.journeys.push_back(journey);
  }
  const std::uint64_t seed = 77;
  // The journey and the person of an arrival, on any worker.
  const auto fate = [&](const Arrival& arrival) {
    const JourneyId journey = scenario.journey_of(seed, arrival.index);
    const Feed& feed = *scenario.feed_of(journey);
    const auto row = feed.row(seed, arrival.index);
    return std::pair(journey, row ? fields_of(feed, *row)[0].second : std::string("dry"));
  };
  const Load load = constant_rate_load(Rate::per_second(10), 20s, false);
  std::map<std::uint64_t, std::pair<JourneyId, std::string>> whole;
  for (const Arrival& arrival : all_of(load, seed)) whole[arrival.index] = fate(arrival);
  std::map<std::uint64_t, std::pair<JourneyId, std::string>> united;
  for (std::uint64_t segment = 0; segment < 3; ++segment) {
    for (std::uint64_t worker = 0; worker < 2; ++worker) {
      for (const Arrival& arrival : all_of(load, seed, Share{Segment{segment, 3}, worker, 2})) {
        CHECK(united.emplace(arrival.index, fate(arrival)).second);
      }
    }
  }
  CHECK(united == whole);
  CHECK(whole.size() > 150);
}

TEST_CASE("arrivals: the mix of journeys follows the weights, and the seed alone") {
  Scenario scenario;
  for (const double weight : {1.0, 5.0, 2.0}) {
    Journey journey;
    journey.weight = weight;
    scenario.journeys.push_back(journey);
  }
  std::vector<double> counts(3);
  std::vector<JourneyId> list;
  for (std::uint64_t i = 0; i < 80000; ++i) {
    list.push_back(scenario.journey_of(1, i));
    ++counts[list.back()];
  }
  double chi_squared = 0;
  for (std::size_t id = 0; id < 3; ++id) {
    const double expected = 10000 * scenario.journeys[id].weight;
    chi_squared += (counts[id] - expected) * (counts[id] - expected) / expected;
  }
  CHECK(chi_squared < 13.8);  // 2 degrees of freedom, 1 in 1000
  std::uint64_t equal = 0;
  for (std::uint64_t i = 0; i < 80000; ++i) equal += scenario.journey_of(2, i) == list[i];
  // Independent seeds agree by chance only: 1/64 + 25/64 + 4/64.
  CHECK(static_cast<double>(equal) / 80000 == Approx(30.0 / 64).margin(0.007));
}

TEST_CASE("pacer: nothing is due before its time, everything at it") {
  const Load load = constant_rate_load(Rate::per_second(10), 1s, true);
  test::FakeClock clock;
  Pacer pacer(ArrivalSchedule(load, 1, Share{}), clock.now() + 5s);
  CHECK_FALSE(pacer.due(clock.now()));
  CHECK(pacer.next_deadline() == clock.now() + 5s);
  clock.advance(5s - 1ns);
  CHECK_FALSE(pacer.due(clock.now()));
  clock.advance(1ns);
  REQUIRE(pacer.due(clock.now()));
  CHECK_FALSE(pacer.due(clock.now()));
  CHECK(pacer.next_deadline() == clock.now() + 100ms);
}

TEST_CASE("pacer: in a burst, a late look hands out everything that is due and shifts nothing") {
  const Load load = constant_rate_load(Rate::per_second(100), 60s, false);
  const auto whole = all_of(load, 5);
  test::FakeClock clock;
  const TimePoint epoch = clock.now();
  Pacer pacer(ArrivalSchedule(load, 5, Share{}), epoch, CatchUp::burst);
  std::vector<Arrival> handed_out;
  const auto look = [&] {
    while (const auto arrival = pacer.due(clock.now())) {
      CHECK(epoch + arrival->offset <= clock.now());
      handed_out.push_back(*arrival);
    }
  };
  RandomStream random(1, RandomPurpose::script, 0);
  while (pacer.next_deadline()) {
    // Sometimes on time, sometimes up to 3 s late.
    clock.advance(std::max(Duration::zero(), *pacer.next_deadline() - clock.now()));
    if (random.below(4) == 0) clock.advance(from_seconds(3 * random.uniform()));
    look();
    // The remaining arrivals are in the future, at their scheduled times.
    if (pacer.next_deadline()) {
      CHECK(*pacer.next_deadline() > clock.now());
      CHECK(*pacer.next_deadline() == epoch + whole[handed_out.size()].offset);
    }
  }
  CHECK(same(handed_out, whole));  // started = planned
  CHECK(handed_out.size() == count_arrivals(load, 5, Segment{}));
  CHECK_FALSE(pacer.due(clock.now() + 1h));
}

TEST_CASE("pacer: a schedule that begins after a slow setup does not catch up") {
  const Load load = constant_rate_load(Rate::per_second(10), 10s, true);
  test::FakeClock clock;
  clock.advance(1h);  // a slow setup
  Pacer pacer(ArrivalSchedule(load, 1, Share{}), clock.now());
  int due = 0;
  while (pacer.due(clock.now())) ++due;
  CHECK(due == 1);
}
