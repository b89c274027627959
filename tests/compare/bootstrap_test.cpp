#include "compare/bootstrap.hpp"

#include "base/random.hpp"
#include "compare/change_verdict.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <cmath>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

const DurationFigure kMedian{DurationFigure::Kind::percentile, 0.5};
const DurationFigure kP95{DurationFigure::Kind::percentile, 0.95};
const DurationFigure kMean{DurationFigure::Kind::mean, 0};
constexpr double kZ95 = 1.6448536269514722;

CensoredHistogram empty_histogram() {
  static const auto kBoundaries = std::make_shared<const LatencyBoundaries>();
  return CensoredHistogram(kBoundaries);
}

RandomStream stream(std::uint64_t seed) { return RandomStream(seed, RandomPurpose::draw, 0); }

// 10,000 log-normal samples around 200 ms in one interval, so that their times are unknown.
DurationSeries synthetic(std::uint64_t seed, double sigma, double factor, std::size_t samples = 10'000) {
  RandomStream random = stream(seed);
  CensoredHistogram all = empty_histogram();
  for (std::size_t i = 0; i < samples; ++i) {
    all.observed.record(from_seconds(0.2 * factor * std::exp(sigma * random.normal())));
  }
  DurationSeries series;
  series.add(all);
  return series;
}

struct Tally {
  int worse = 0;
  int better = 0;
};

// 200 pairs of runs. The second run of each pair is slower by `factor`.
Tally judge_pairs(double sigma, double factor) {
  Tally tally;
  for (std::uint64_t pair = 0; pair < 200; ++pair) {
    const DurationSeries before = synthetic(2 * pair, sigma, 1);
    const DurationSeries after = synthetic(2 * pair + 1, sigma, factor);
    const auto change = change_of(before, after, kP95, {.seed = pair});
    const ChangeVerdict verdict = judge_change(*change, kP95, {});
    tally.worse += verdict == ChangeVerdict::worse ? 1 : 0;
    tally.better += verdict == ChangeVerdict::better ? 1 : 0;
  }
  return tally;
}

// A run of `seconds` with 50 samples each. Its level wanders: a first-order autoregression with `memory`.
DurationSeries wandering(std::uint64_t seed, std::size_t seconds, double memory, double spread) {
  RandomStream random = stream(seed);
  DurationSeries series;
  double level = spread * random.normal();
  for (std::size_t s = 0; s < seconds; ++s) {
    level = memory * level + std::sqrt(1 - memory * memory) * spread * random.normal();
    CensoredHistogram interval = empty_histogram();
    for (int i = 0; i < 50; ++i) interval.observed.record(from_seconds(0.2 * std::exp(level + 0.3 * random.normal())));
    series.add(interval);
  }
  return series;
}

}  // namespace

TEST_CASE("bootstrap: equal runs are seldom called different, and a slow-down of 10 % is found",
          "[unit][bootstrap][statistics]") {
  const Tally equal = judge_pairs(0.5, 1);
  CHECK(equal.worse + equal.better <= 4);
  const Tally slower = judge_pairs(0.5, 1.1);
  CHECK(slower.worse >= 180);
  CHECK(slower.better == 0);
}

TEST_CASE("bootstrap: with twice the spread it still seldom cries wolf, and misses more",
          "[unit][bootstrap][statistics]") {
  const Tally equal = judge_pairs(1.0, 1);
  const Tally slower = judge_pairs(1.0, 1.1);
  INFO("sigma 1.0: " << equal.worse + equal.better << " of 200 equal pairs called different, " << slower.worse
                     << " of 200 slow-downs of 10 % found");
  CHECK(equal.worse + equal.better <= 4);
  CHECK(slower.worse >= 120);
}

TEST_CASE("bootstrap: the interval is as wide as theory says", "[unit][bootstrap][statistics]") {
  // The standard error of the logarithm of a log-normal percentile: sigma * sqrt(q (1 - q) / n) / phi(z).
  const double density = std::exp(-kZ95 * kZ95 / 2) / std::sqrt(2 * M_PI);
  const double error = 0.5 * std::sqrt(0.95 * 0.05 / 10'000) / density * std::sqrt(2.0);
  const auto change =
      change_of(synthetic(1, 0.5, 1), synthetic(2, 0.5, 1), kP95, {.confidence = 0.95, .resamples = 4000});
  const double width = std::log1p(change->high) - std::log1p(change->low);
  CHECK(width == Approx(2 * 1.96 * error).epsilon(0.12));
  CHECK(change->blocks == 0);
}

TEST_CASE("bootstrap: an interval of 95 % holds the truth about 95 times of 100", "[unit][bootstrap][statistics]") {
  for (const DurationFigure& figure : {kMedian, kMean}) {
    int held = 0;
    for (std::uint64_t pair = 0; pair < 200; ++pair) {
      const auto change = change_of(synthetic(2 * pair, 0.5, 1, 1000), synthetic(2 * pair + 1, 0.5, 1.05, 1000), figure,
                                    {.confidence = 0.95, .resamples = 400, .seed = pair});
      held += change->low <= 0.05 && 0.05 <= change->high ? 1 : 0;
    }
    CHECK(held >= 180);
    CHECK(held <= 198);
  }
}

TEST_CASE("bootstrap: percentiles are interpolated within a bucket", "[unit][bootstrap]") {
  const DurationSeries series = synthetic(1, 0.5, 1, 100'000);
  const auto total = series.total();
  // The true 95th percentile. The middle of a bucket may be 1.1 % off.
  CHECK(figure_of(total, kP95)->seconds == Approx(0.2 * std::exp(0.5 * kZ95)).epsilon(0.008));
  CHECK(figure_of(total, kMedian)->seconds == Approx(0.2).epsilon(0.005));
  CHECK(figure_of(total, kMean)->seconds == Approx(0.2 * std::exp(0.125)).epsilon(0.005));
}

TEST_CASE("bootstrap: what was cut short counts as at least as long", "[unit][bootstrap]") {
  const auto with_censored = [](int ended, int cut, Duration when) {
    CensoredHistogram all = empty_histogram();
    for (int i = 0; i < ended; ++i) all.observed.record(100ms);
    for (int i = 0; i < cut; ++i) all.censored.record(when);
    DurationSeries series;
    series.add(all);
    return series;
  };
  const DurationSeries calm = with_censored(1000, 0, 0ms);
  // One in ten got no response within 5 s: the 95th percentile is a lower bound.
  const DurationSeries stuck = with_censored(900, 100, 5s);
  const auto estimate = figure_of(stuck.total(), kP95);
  CHECK(estimate->lower_bound);
  CHECK(estimate->seconds == Approx(5).epsilon(0.03));
  const auto change = change_of(calm, stuck, kP95, {});
  CHECK(change->after_at_least);
  CHECK(judge_change(*change, kP95, {}) == ChangeVerdict::worse);
  const auto back = change_of(stuck, calm, kP95, {});
  CHECK(judge_change(*back, kP95, {}) == ChangeVerdict::unclear);
  // Samples that were cut short before anything ended tell nothing.
  CHECK(figure_of(with_censored(1000, 500, 1ms).total(), kP95)->seconds == Approx(0.1).epsilon(0.03));
}

TEST_CASE("bootstrap: drawing blocks knows that neighbouring seconds resemble each other",
          "[unit][bootstrap][statistics]") {
  int blocks = 0;
  int one_by_one = 0;
  for (std::uint64_t pair = 0; pair < 100; ++pair) {
    const DurationSeries a = wandering(2 * pair, 120, 0.7, 0.1);
    const DurationSeries b = wandering(2 * pair + 1, 120, 0.7, 0.1);
    const auto apart = [](const Change& change) { return change.low > 0 || change.high < 0; };
    const auto with_blocks = change_of(a, b, kP95, {.confidence = 0.99, .resamples = 300, .seed = pair});
    CHECK(with_blocks->blocks == 24);
    blocks += apart(*with_blocks) ? 1 : 0;
    one_by_one += apart(*change_of(a, b, kP95, {.resamples = 300, .seed = pair, .fewest_intervals = 1000})) ? 1 : 0;
  }
  INFO("of 100 equal pairs, intervals without 0: " << blocks << " with blocks, " << one_by_one << " without");
  CHECK(blocks <= 7);
  CHECK(one_by_one >= 15);
}

TEST_CASE("bootstrap: what belongs to a moment of the schedule is no difference", "[unit][bootstrap]") {
  // Both runs are slow in the second half, because their load is higher there: 100 ms, then 1 s.
  const auto ramp = [](std::uint64_t seed, double factor) {
    RandomStream random = stream(seed);
    DurationSeries series;
    for (int s = 0; s < 60; ++s) {
      CensoredHistogram interval = empty_histogram();
      const double level = (s < 30 ? 0.1 : 1.0) * factor;
      for (int i = 0; i < 100; ++i) interval.observed.record(from_seconds(level * std::exp(0.1 * random.normal())));
      series.add(interval);
    }
    return series;
  };
  const auto paired = change_of(ramp(1, 1), ramp(2, 1.1), kMean, {});
  CHECK(paired->low > 0.08);
  CHECK(paired->high < 0.12);
  const auto apart = change_of(ramp(1, 1), ramp(2, 1.1), kMean, {.same_schedule = false});
  CHECK(apart->high - apart->low > 5 * (paired->high - paired->low));
}

TEST_CASE("bootstrap: a share's change is a difference", "[unit][bootstrap]") {
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    ShareSeries series;
    for (int i = 0; i < 60; ++i) series.add(part, whole);
    return series;
  };
  const auto none = change_of(share(0, 100), share(0, 100), {});
  CHECK(none->low == 0);
  CHECK(none->high == 0);
  CHECK(judge_change(*none, {}) == ChangeVerdict::alike);
  const auto more = change_of(share(1, 100), share(5, 100), {});
  CHECK(more->estimate == Approx(0.04));
  CHECK(judge_change(*more, {}) == ChangeVerdict::worse);
  CHECK(judge_change(*change_of(share(5, 100), share(1, 100), {}), {}) == ChangeVerdict::better);

  // In one interval: the binomial noise of both runs.
  ShareSeries a;
  ShareSeries b;
  a.add(100, 10'000);
  b.add(120, 10'000);
  const auto noisy = change_of(a, b, {.confidence = 0.95, .resamples = 4000});
  const double error = std::sqrt(0.01 * 0.99 / 1e4 + 0.012 * 0.988 / 1e4);
  CHECK(noisy->low == Approx(0.002 - 1.96 * error).margin(0.0003));
  CHECK(noisy->high == Approx(0.002 + 1.96 * error).margin(0.0003));
  CHECK(judge_change(*noisy, {}) == ChangeVerdict::unclear);
}

TEST_CASE("bootstrap: a verdict needs the interval, the effect and the samples", "[unit][bootstrap]") {
  const auto verdict = [](double low, double estimate, double high, std::uint64_t samples = 10'000) {
    Change change;
    change.before = 0.2;
    change.after = 0.2 * (1 + estimate);
    change.low = low;
    change.estimate = estimate;
    change.high = high;
    change.samples_before = change.samples_after = samples;
    return judge_change(change, kP95, {});
  };
  CHECK(verdict(0.01, 0.06, 0.1) == ChangeVerdict::worse);
  CHECK(verdict(-0.01, 0.06, 0.1) == ChangeVerdict::unclear);
  CHECK(verdict(0.01, 0.02, 0.04) == ChangeVerdict::alike);
  CHECK(verdict(0.01, 0.04, 0.07) == ChangeVerdict::unclear);
  CHECK(verdict(-0.1, -0.06, -0.01) == ChangeVerdict::better);
  CHECK(verdict(0.01, 0.06, 0.1, 199) == ChangeVerdict::too_few);
  CHECK(verdict(0.01, 0.06, 0.1, 200) == ChangeVerdict::worse);
}

TEST_CASE("bootstrap: the more figures are looked at, the wider their intervals", "[unit][bootstrap]") {
  const DurationSeries a = synthetic(1, 0.5, 1);
  const DurationSeries b = synthetic(2, 0.5, 1);
  const auto one = change_of(a, b, kP95, {});
  const auto many = change_of(a, b, kP95, {.looks = 50});
  // Quantiles of the normal distribution: 3.72 for 0.01 / 50, 2.58 for 0.01.
  const double width = std::log1p(many->high) - std::log1p(many->low);
  CHECK(width == Approx((std::log1p(one->high) - std::log1p(one->low)) * 3.719 / 2.576).epsilon(0.01));
  const std::vector<DurationFigure> figures{kMedian, kP95, kMean};
  const auto together = changes_of(a, b, figures, {});
  REQUIRE(together.size() == 3);
  CHECK(together[1]->estimate == Approx(one->estimate));
  CHECK(together[1]->low == Approx(one->low).margin(0.01));
}

TEST_CASE("bootstrap: the same seed gives the same interval, and nothing gives nothing", "[unit][bootstrap]") {
  const DurationSeries a = wandering(1, 60, 0.5, 0.1);
  const DurationSeries b = wandering(2, 60, 0.5, 0.1);
  const auto first = change_of(a, b, kP95, {.seed = 7});
  const auto second = change_of(a, b, kP95, {.seed = 7});
  CHECK(first->low == second->low);
  CHECK(first->high == second->high);
  CHECK(change_of(a, b, kP95, {.seed = 8})->low != first->low);
  CHECK_FALSE(change_of(a, DurationSeries(), kP95, {}));
  CHECK_FALSE(change_of(ShareSeries(), ShareSeries(), {}));
  CHECK_FALSE(figure_of({}, kP95));
}

TEST_CASE("interval series: many looks become fewer intervals and lose nothing", "[unit][bootstrap]") {
  DurationSeries durations;
  ShareSeries shares;
  CensoredHistogram look = empty_histogram();
  look.observed.record(10ms);
  look.censored.record(20ms);
  constexpr std::uint64_t kLooks = 5 * kMostIntervals + 7;
  for (std::uint64_t i = 0; i < kLooks; ++i) {
    durations.add(look);
    shares.add(1, 3);
  }
  CHECK(durations.intervals().size() <= kMostIntervals);
  CHECK(durations.intervals().size() > kMostIntervals / 2);
  CHECK(durations.intervals().size() == shares.intervals().size());
  const auto total = durations.total();
  REQUIRE(total.size() == 2);
  CHECK(total[0].count == kLooks);
  CHECK(total[1].count == kLooks);
  CHECK(total[1].censored());
  CHECK(shares.total().whole == 3 * kLooks);
}
