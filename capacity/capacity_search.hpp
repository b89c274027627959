// Searches for the highest rate that a target serves within its objectives. A pure state machine: it names the rate to
// probe, receives the verdict, and ends with an answer.
//
//   while (auto step = search.next()) search.add(play(*step));
//
// The rate doubles until a level breaks. Then the gap is bisected (geometrically) until it is as narrow as requested. A
// single probe proves little: a level that breaks is repeated and the majority counts. The level of the answer is
// confirmed as well, and is given up if it does not hold again. After a breakdown, only the lowest rate is probed until
// it holds. docs/capacity.md explains why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gelombang {

enum class ProbeVerdict : std::uint8_t {
  held,       // within all objectives
  broken,     // an objective failed
  collapsed,  // broken so clearly that the probe was cut short: settles its level at once
  invalid,    // the generator's fault: says nothing about the target
  no_data,    // an objective could not be judged
};

struct SearchOptions {
  double min_rate = 1;  // per second, above 0
  double max_rate = 1e6;
  double precision = 0.05;  // the relative gap between the rate that held and the rate that broke
  std::size_t repeat = 3;   // probes of a level at most; odd: the majority decides
  std::size_t most_probes = 100;
  std::size_t invalid_tries = 3;   // of one level in a row, before the generator counts as the limit
  std::size_t recovery_tries = 6;  // probes at the lowest rate after a breakdown
};

struct SearchStep {
  double rate = 0;
  bool recovery = false;  // only checks whether the target has recovered: a short probe is enough
};

enum class SearchEnd : std::uint8_t {
  found,
  fails_at_lowest,  // even the lowest rate broke
  never_fails,      // the highest rate held
  generator_limit,  // the generator could not play the rate
  no_data,
  not_recovered,  // the target broke and did not come back
  unsettled,      // stopped before the answer was known: by the caller, or after most_probes
};

struct SearchAnswer {
  SearchEnd end = SearchEnd::unsettled;
  std::optional<double> held;    // the highest rate that held; all settled levels below it held, too
  std::optional<double> broken;  // the lowest rate above `held` that broke
  double stopped_at = 0;         // the rate of the last probe
  // Contains the limit with 95 %; nothing if no limit was found.
  struct Interval {
    double low = 0;
    double high = 0;
  };
  std::optional<Interval> interval;
};

class CapacitySearch {
 public:
  explicit CapacitySearch(const SearchOptions& options);
  // What to do next; nothing when the search is over.
  [[nodiscard]] std::optional<SearchStep> next() const;
  // The verdict on the step that next() gave.
  void add(ProbeVerdict verdict);
  [[nodiscard]] bool over() const noexcept { return end_.has_value(); }
  // What is known so far; call it at any time.
  [[nodiscard]] SearchAnswer answer() const;

 private:
  struct Level {
    double rate = 0;
    std::size_t held = 0;
    std::size_t broken = 0;
    bool collapsed = false;
    std::size_t invalid = 0;  // in a row
  };
  enum class Settled : std::uint8_t { no, held, broken };

  [[nodiscard]] Settled settled(const Level& level) const noexcept;
  [[nodiscard]] bool held_so_far(const Level& level) const noexcept;
  Level& level_at(double rate);
  void go_on();
  void go_to(double rate);
  [[nodiscard]] const Level* lowest_broken() const noexcept;
  [[nodiscard]] const Level* highest_held_below(double rate) const noexcept;

  SearchOptions options_;
  std::vector<Level> levels_;  // ascending
  double rate_;                // of the next probe
  bool recovering_ = false;
  std::size_t recovery_probes_ = 0;
  std::size_t probes_ = 0;
  std::optional<SearchEnd> end_;
};

// The probes of one rate, as far as they tell where the limit is.
struct RateTrial {
  double rate = 0;
  std::uint64_t held = 0;
  std::uint64_t broken = 0;
};

// The interval of the rate at which half of the probes hold. Bayes' rule on a grid: the chance to hold falls with the
// logarithm of the rate along a logistic curve of unknown middle and width, and a few probes in a hundred are wrong. As
// for psychometric functions, A. B. Watson, D. G. Pelli: QUEST, Perception & Psychophysics 33, 1983.
std::optional<SearchAnswer::Interval> limit_interval(const std::vector<RateTrial>& trials, double credibility);

// A point of the curve of latency against rate.
struct CurvePoint {
  double rate = 0;             // requested
  double served = 0;           // per second
  double mean_response = 0;    // seconds
  bool mean_at_least = false;  // the mean is a lower bound
};

// The knee: the point with the greatest served rate over mean response time, the "power" of a queueing system. Beyond
// it more load costs more in delay than it brings. L. Kleinrock: Power and Deterministic Rules of Thumb, ICC 1979.
// Returns the index of the point; nothing if no point has both figures, or if the knee is the first or the last point.
std::optional<std::size_t> knee_of(const std::vector<CurvePoint>& curve);

}  // namespace gelombang
