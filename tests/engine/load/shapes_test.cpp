#include "engine/load/shapes.hpp"

#include "engine/load/arrivals.hpp"
#include "engine/scenario/run_plan.hpp"
#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace gelombang;
using namespace std::chrono_literals;
using gelombang::test::ScenarioFiles;

namespace {

// A day with a quiet night. The weights of its hours differ strongly.
DayCurve some_day() {
  DayCurve day;
  for (std::size_t hour = 0; hour < 24; ++hour) day.weights[hour] = static_cast<double>(hour * hour % 17) + 0.5;
  day.zones = {{7h, 80.7}, {8h, 16.1}, {9h, 3.2}};
  day.start = 12h;
  return day;
}

DayCurve flat_day() {
  DayCurve day;
  day.weights.fill(1);
  return day;
}

WaveOpening some_wave() {
  WaveOpening wave;
  wave.arrivals = 6e6;
  wave.window = 72h;
  wave.first_hour = 0.12;
  wave.first_minute = 4.5;
  wave.half_life = 75min;
  wave.day = some_day();
  wave.closing_share = 0.05;
  wave.closing_lasts = 2h;
  return wave;
}

double between(const Intensity& intensity, Duration from, Duration to) {
  return intensity.integral(to) - intensity.integral(from);
}

// The only load of a scenario.
Load load_of(const std::string& text) {
  ScenarioFiles files;
  return files
      .must_load("local a = step 'a'\nreturn scenario { journeys = { j = { run = function() end } }, loads = { l = " +
                 text + " } }")
      .loads.front();
}

std::vector<Arrival> all_of(const Load& load, std::uint64_t seed, Share share = {}) {
  ArrivalSchedule schedule(load, seed, share);
  std::vector<Arrival> arrivals;
  while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
  return arrivals;
}

// One load of each shape, with some thousand arrivals and its integral in closed form.
struct Shape {
  std::string text;
  LoadKind kind;
  double total;
  Duration length;
};
const std::vector<Shape> kShapes{
    {"stages { { '1m', '20/s' }, { '30s', '80/s' }, { '1m', '80/s', '20/s' }, { '10s', '0/s' } }", LoadKind::stages,
     1200 + 2400 + 3000, 160s},
    {"spike { base = '5/s', peak = '100/s', at = '1m', rise = '10s', hold = '30s', fall = '40s', duration = '5m' }",
     LoadKind::spike, 5 * 300 + 95 * (5 + 30 + 20), 5min},
    {"diurnal { mean = '3/m', duration = '48h', start = '07:30', weights = { 1,1,1,1,1,1, 2,3,4,5,5,5, 5,5,5,5,5,5, "
     "8,8,8,4,2,1 }, zones = { { utc = 7, share = 80.7 }, { utc = 8, share = 16.1 }, { utc = 5.5, share = 3.2 } } }",
     LoadKind::diurnal, 2 * 1440 * 3, 48h},
    {"wave_opening { arrivals = 6000, window = '72h', result = { after = '8h', share = 0.1, half_life = '1h' } }",
     LoadKind::wave_opening, 6600, 88h},
};

}  // namespace

TEST_CASE("load shapes: the integral is the closed form") {
  for (const Shape& shape : kShapes) {
    INFO(shape.text);
    const Load load = load_of(shape.text);
    CHECK(load.kind == shape.kind);
    CHECK(load.open());
    CHECK(load.length() == shape.length);
    CHECK(load.intensity.total() == Approx(shape.total).epsilon(1e-12));
    CHECK(load.intensity.integral(load.length()) == Approx(shape.total).epsilon(1e-12));
  }
}

TEST_CASE("load shapes: the union over segments and workers is the whole schedule, and a seed gives one list") {
  for (const Shape& shape : kShapes) {
    INFO(shape.text);
    const Load load = load_of(shape.text);
    const auto whole = all_of(load, 3);
    std::vector<Arrival> united;
    for (std::uint64_t segment = 0; segment < 3; ++segment) {
      for (std::uint64_t worker = 0; worker < 4; ++worker) {
        const auto part = all_of(load, 3, Share{Segment{segment, 3}, worker, 4});
        united.insert(united.end(), part.begin(), part.end());
      }
    }
    std::sort(united.begin(), united.end(), [](const Arrival& a, const Arrival& b) { return a.index < b.index; });
    const auto same = [](const Arrival& a, const Arrival& b) { return a.index == b.index && a.offset == b.offset; };
    CHECK(std::equal(united.begin(), united.end(), whole.begin(), whole.end(), same));
    const auto again = all_of(load, 3);
    CHECK(std::equal(again.begin(), again.end(), whole.begin(), whole.end(), same));
    CHECK(all_of(load, 4).front().offset != whole.front().offset);
    CHECK(std::is_sorted(whole.begin(), whole.end(), [](auto& a, auto& b) { return a.offset < b.offset; }));
    CHECK(whole.back().offset < load.length());
  }
}

TEST_CASE("load shapes: counts have the mean and the variance of a Poisson process, in every part of the curve",
          "[statistics]") {
  constexpr int kSeeds = 100;
  constexpr int kParts = 6;
  for (const Shape& shape : kShapes) {
    INFO(shape.text);
    const Load load = load_of(shape.text);
    std::vector<std::vector<double>> counts(kParts, std::vector<double>(kSeeds));
    for (int seed = 0; seed < kSeeds; ++seed) {
      for (const Arrival& arrival : all_of(load, static_cast<std::uint64_t>(seed))) {
        const auto part = arrival.offset * kParts / load.length();
        ++counts[static_cast<std::size_t>(part)][static_cast<std::size_t>(seed)];
      }
    }
    double dispersion = 0;  // of independent counts: chi squared over its degrees of freedom
    for (int part = 0; part < kParts; ++part) {
      const auto& of_part = counts[static_cast<std::size_t>(part)];
      const double expected =
          between(load.intensity, load.length() * part / kParts, load.length() * (part + 1) / kParts);
      if (expected == 0) {
        CHECK(std::all_of(of_part.begin(), of_part.end(), [](double count) { return count == 0; }));
        dispersion += 1.0 / kParts;
        continue;
      }
      const double mean = std::accumulate(of_part.begin(), of_part.end(), 0.0) / kSeeds;
      CHECK(std::abs(mean - expected) < 3.9 * std::sqrt(expected / kSeeds));  // 1 in 10,000
      for (const double count : of_part)
        dispersion += (count - expected) * (count - expected) / expected / kSeeds / kParts;
    }
    CHECK(dispersion == Approx(1).margin(4 * std::sqrt(2.0 / (kSeeds * kParts))));
  }
}

TEST_CASE("load shapes: scaled and sped up, a shape keeps its form") {
  for (const Shape& shape : kShapes) {
    INFO(shape.text);
    const Load load = load_of(shape.text);
    const Load small = scaled(load, 0.001);
    CHECK(small.intensity.total() == Approx(shape.total / 1000));
    CHECK(small.length() == shape.length);
    const Load fast = sped_up(load, 4);
    CHECK(fast.length() == shape.length / 4);
    CHECK(fast.intensity.total() == Approx(shape.total));
    CHECK(fast.intensity.peak().per_second() == Approx(4 * load.intensity.peak().per_second()));
    for (int i = 1; i <= 10; ++i) {
      CHECK(fast.intensity.integral(shape.length * i / 40) ==
            Approx(load.intensity.integral(shape.length * i / 10)).margin(1e-6));
    }
    // The same arrivals, only earlier.
    const auto slow_list = all_of(load, 5);
    const auto fast_list = all_of(fast, 5);
    REQUIRE(fast_list.size() == slow_list.size());
    CHECK(to_seconds(fast_list[99].offset) * 4 == Approx(to_seconds(slow_list[99].offset)));
  }
}

TEST_CASE("load shapes: stages jump where a stage says another rate, and run where it says two") {
  const Intensity rate = load_of(kShapes[0].text).intensity;
  CHECK(rate.at(59s).per_second() == Approx(20));
  CHECK(rate.at(60s).per_second() == Approx(80));
  CHECK(rate.at(120s).per_second() == Approx(50));
  CHECK(rate.at(151s).per_second() == 0);
}

TEST_CASE("load shapes: the parts that somebody may jump to have names, and follow the speed") {
  const auto names = [](const Load& load) {
    std::vector<std::pair<std::string, Duration>> phases;
    for (const LoadPhase& phase : load.phases) phases.emplace_back(phase.name, phase.start);
    return phases;
  };
  using Phases = std::vector<std::pair<std::string, Duration>>;
  const Load staged = load_of("stages { { '1m', '20/s' }, { '30s', '80/s' } }");
  CHECK(names(staged) == Phases{{"stage 1", 0s}, {"stage 2", 60s}});
  CHECK(names(sped_up(staged, 2)) == Phases{{"stage 1", 0s}, {"stage 2", 30s}});
  CHECK(names(load_of("ramping_rate { stages = { { '0s', '5/s' }, { '10s', '9/s' } } }")) == Phases{{"stage 2", 0s}});
  CHECK(names(load_of("spike { base = '1/s', peak = '9/s', at = '10s', hold = '5s', duration = '1m' }")) ==
        Phases{{"before", 0s}, {"peak", 10s}, {"after", 15s}});
  CHECK(names(load_of("wave_opening { arrivals = 100000, window = '72h', result = { after = '24h' } }")) ==
        Phases{{"opening", 0s}, {"after the first hour", 1h}, {"closing", 70h}, {"result", 96h}});
  CHECK(load_of("constant_rate { rate = '1/s', duration = '1m' }").phases.empty());
}

TEST_CASE("load shapes: a spike rises, holds and falls where it was told to") {
  const Intensity rate = load_of(kShapes[1].text).intensity;
  CHECK(rate.at(59s).per_second() == Approx(5));
  CHECK(rate.at(65s).per_second() == Approx(52.5));
  CHECK(rate.at(80s).per_second() == Approx(100));
  CHECK(rate.at(120s).per_second() == Approx(52.5));
  CHECK(rate.at(200s).per_second() == Approx(5));
  CHECK(rate.peak_at() == 70s);
  const Intensity wall = load_of("spike { peak = '10/s', at = '10s', hold = '5s', duration = '20s' }").intensity;
  CHECK(wall.integral(10s) == 0);
  CHECK(wall.total() == Approx(50));
}

TEST_CASE("diurnal: an hour gets its weight's share of the day, in the local time of its zone") {
  DayCurve day = some_day();
  day.zones = {{7h, 1}};
  day.start = 9h + 20min;
  const Intensity rate = diurnal(Rate::per_second(2), 72h, day);
  const double sum = std::accumulate(day.weights.begin(), day.weights.end(), 0.0);
  for (std::size_t hour = 0; hour < 24; ++hour) {
    // The first full hour of that number after 09:20.
    const Duration begins = (hour > 9 ? 0h : 24h) + std::chrono::hours(hour) - day.start;
    CHECK(between(rate, begins, begins + 1h) == Approx(2 * 86400 * day.weights[hour] / sum));
  }
  CHECK(rate.total() == Approx(3 * 2 * 86400));
}

TEST_CASE("diurnal: zones see the same hour at different times, and count by their share") {
  DayCurve day;
  day.weights[6] = 1;  // everybody comes between 06:00 and 07:00
  day.zones = {{7h, 3}, {8h, 1}, {5h + 30min, 4}};
  const Intensity rate = diurnal(Rate::per_second(1), 24h, day);  // begins at midnight of the first zone
  CHECK(between(rate, 6h, 7h) == Approx(86400.0 * 3 / 8));
  CHECK(between(rate, 5h, 6h) == Approx(86400.0 * 1 / 8));
  CHECK(between(rate, 7h + 30min, 8h + 30min) == Approx(86400.0 * 4 / 8));
  CHECK(rate.integral(5h) == 0);
  CHECK(rate.total() == Approx(86400));
}

TEST_CASE("wave opening: arrivals, first hour, first minute and closing are exactly what was asked for") {
  const auto [first_hour, first_minute, half_life] = GENERATE(table<double, double, Duration>({
      {0.12, 4.5, 75min},
      {0.08, 3, 60min},
      {0.15, 6, 90min},
      {0.3, 2, 60min},
  }));
  WaveOpening wave = some_wave();
  wave.first_hour = first_hour;
  wave.first_minute = first_minute;
  wave.half_life = half_life;
  const auto made = wave_opening(wave);
  REQUIRE(made.has_value());
  const Intensity& rate = made.value();
  CHECK(rate.length() == 72h);
  CHECK(rate.total() == Approx(6e6).epsilon(1e-9));
  CHECK(rate.integral(1h) == Approx(6e6 * first_hour).epsilon(1e-9));
  CHECK(rate.integral(1min) / 60 == Approx(first_minute * rate.integral(1h) / 3600).epsilon(1e-9));
  CHECK(rate.peak_at() == 0s);
}

TEST_CASE("wave opening: over a flat day the crowd halves every half-life") {
  WaveOpening wave = some_wave();
  wave.day = flat_day();
  wave.closing_share = 0;
  wave.closing_lasts = {};
  const Intensity rate = wave_opening(wave).value();
  const double base = rate.at(60h).per_second();  // 48 half-lives later
  CHECK(base > 1);
  const auto crowd = [&](Duration at) { return rate.at(at).per_second() - base; };
  for (int i = 1; i < 6; ++i) {
    CHECK(crowd(1h + (i + 1) * wave.half_life) / crowd(1h + i * wave.half_life) == Approx(0.5).epsilon(0.002));
  }
}

TEST_CASE("wave opening: the bump before the closing is what it adds to the same wave without it") {
  WaveOpening wave = some_wave();
  wave.day = flat_day();
  const Intensity rate = wave_opening(wave).value();
  const double base = rate.at(69h).per_second();
  CHECK(between(rate, 70h, 72h) - 7200 * base == Approx(6e6 * 0.05).epsilon(1e-6));
  CHECK(rate.at(72h - 1ms).per_second() - base == Approx(2 * 6e6 * 0.05 / 7200).epsilon(1e-4));
}

TEST_CASE("wave opening: the result comes after the closing, on top of the arrivals") {
  WaveOpening wave = some_wave();
  wave.result_share = 0.1;
  wave.result_after = 80h;
  wave.result_half_life = 30min;
  const Intensity rate = wave_opening(wave).value();
  CHECK(rate.length() == 72h + 80h + 4h);
  CHECK(rate.integral(72h) == Approx(6e6));
  CHECK(rate.integral(152h) == Approx(6e6));
  CHECK(rate.total() == Approx(6.6e6));
  CHECK(rate.at(152h + 30min).per_second() == Approx(rate.at(152h).per_second() / 2).epsilon(1e-9));
}

TEST_CASE("wave opening: a curve that cannot be is refused, with what would help") {
  const auto problem = [](double first_hour, double first_minute) {
    WaveOpening wave = some_wave();
    wave.first_hour = first_hour;
    wave.first_minute = first_minute;
    const auto made = wave_opening(wave);
    REQUIRE(made.has_error());
    return made.error().message;
  };
  CHECK(problem(0.9, 4.5).find("bring more than all arrivals") != std::string::npos);
  CHECK(problem(0.005, 4.5).find("leave no arrivals after the first hour") != std::string::npos);
  CHECK(problem(0.12, 50).find("leave no arrivals after the first hour") != std::string::npos);
  CHECK(problem(0.12, 0.5).find("leave no rush") != std::string::npos);
}
