// A threshold as the user writes it:
//
//   [journey/]step | journey | all : METRIC OP VALUE [over last D] [after D] [min N] [abort] [allow no data]
//
//   METRIC  (response_time | service_time | phase NAME | mail_delivery | person_time) (p50 .. p999 | mean | min | max)
//           error_rate | served_rate | count | rate
//   OP      <  <=  >  >=  ==  !=
//   VALUE   a duration (800ms), a percentage (1%), a rate (50/s) or a bare count, depending on the metric
//
// How thresholds are judged: metrics/thresholds/judge.hpp.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/catalog.hpp"
#include "metrics/sample.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

enum class ThresholdMetric : std::uint8_t {
  response_time,
  service_time,
  phase,
  mail_delivery,
  person_time,  // of a journey's people, from the first intent to success
  error_rate,   // failed / finished steps
  served_rate,  // all: completed / decided arrivals; a step: its successes / (its attempts + drops of its journey)
  count,        // finished steps
  rate,         // finished steps per second of arrivals
};
inline constexpr std::array<std::string_view, 9> kThresholdMetricNames{"response_time", "service_time", "phase",
                                                                       "mail_delivery", "person_time",  "error_rate",
                                                                       "served_rate",   "count",        "rate"};
enum class Aggregate : std::uint8_t { none, percentile, mean, min, max };
inline constexpr std::array<std::string_view, 5> kAggregateNames{"none", "percentile", "mean", "min", "max"};
enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };
inline constexpr std::array<std::string_view, 6> kComparisonNames{"<", "<=", ">", ">=", "==", "!="};

struct Threshold {
  std::string expression;            // as written, blanks squeezed: the label value
  std::string selector;              // as written
  std::optional<StepId> step;        // nothing: all
  std::optional<JourneyId> journey;  // person_time only; nothing: all
  ThresholdMetric metric = ThresholdMetric::response_time;
  Phase phase = Phase::dns;  // only for ThresholdMetric::phase
  Aggregate aggregate = Aggregate::none;
  double quantile = 0;  // (0, 1), only for Aggregate::percentile
  Comparison comparison = Comparison::less;
  double limit = 0;                // latencies: nanoseconds; rates of success or error: 0 .. 1; rate: per second; count
  std::optional<Duration> window;  // over last; 1 s .. 1 h
  std::optional<Duration> after;   // warm-up that is left out, if given
  std::uint64_t min_samples = 0;   // fewer are no data
  bool abort = false;
  bool allow_no_data = false;

  // Whether the limit is a duration.
  [[nodiscard]] bool is_latency() const noexcept { return metric <= ThresholdMetric::person_time; }
};

// Syntax alone: `step` is not resolved yet.
Result<Threshold> parse_threshold(std::string_view text);
// Finds the selector's step. A name without a journey must fit exactly one step. `kind` is its name in errors.
Result<void> resolve(Threshold& threshold, const Catalog& catalog, std::string_view kind = "threshold");
// Both, for a list. Duplicates are kept once.
Result<std::vector<Threshold>> parse_thresholds(std::span<const std::string> texts, const Catalog& catalog);
// Every latency that the thresholds name, for LatencyBoundaries::with.
std::vector<Duration> latency_limits(std::span<const Threshold> thresholds);
// The smallest limit that a latency must stay below, for judging our own delays; nothing if there is none.
std::optional<Duration> tightest_latency(std::span<const Threshold> thresholds);

bool compare(double value, Comparison comparison, double limit) noexcept;

}  // namespace gelombang
