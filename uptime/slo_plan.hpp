// What the burn-rate alerts of an objective can see, before anything is measured: how many failures page, how soon, and
// how often the everyday failures of a healthy target would. Multi-window, multi-burn-rate alerts as in chapter 5 of
// Google's Site Reliability Workbook; an alert fires while the failed share of both of its windows is above factor *
// budget.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gelombang::uptime {

struct BurnRule {
  double factor;
  Duration window;        // the long one
  Duration short_window;  // so that the alert ends soon after the fault
  bool page;              // wakes somebody; else it is a ticket
};
inline constexpr std::array<BurnRule, 4> kBurnRules{{
    {14.4, std::chrono::hours(1), std::chrono::minutes(5), true},
    {6, std::chrono::hours(6), std::chrono::minutes(30), true},
    {3, std::chrono::hours(24), std::chrono::hours(2), false},
    {1, std::chrono::hours(72), std::chrono::hours(6), false},
}};
// So few failures in the long window page nobody, whatever share they are: a single lost visit of few is no outage.
inline constexpr std::uint64_t kLeastFailures = 3;
inline constexpr Duration kObjectiveWindow = std::chrono::hours(30 * 24);

struct Objective {
  double share;       // of good visits, in (0, 1)
  Duration interval;  // of the monitor
  unsigned locations = 1;
};

// One rule for one objective.
struct BurnForecast {
  BurnRule rule;
  bool can_fire;            // factor * budget < 1
  std::uint64_t failures;   // in the long window until it fires, at least
  double smallest_share;    // of failing visits that it sees, if they go on
  Duration time_to_detect;  // of an outage in which each visit fails
  // In 30 days, at most, where visits fail independently with the base rate; infinite: it fires most of the time.
  // In 30 days, at most, where visits fail independently with the base rate. Infinite: then it fires half of the time
  // or more, and seldom begins anew.
  double false_alerts;
};

// `base_rate`: the share of visits that fail though all is well, in [0, 1).
std::vector<BurnForecast> burn_forecasts(const Objective& objective, double base_rate);

// The expected number of times in which `trials` independent trials bring the failures among the last `window` of them
// from below `failures` up to it: trials * p * (1 - p) * C(window - 1, failures - 1) * p^(failures - 1) * (1 -
// p)^(window - failures): the new one fails, the one that leaves has not, and of those between failures - 1 have. An
// upper bound of the alerts that ask for a second window as well.
double expected_upcrossings(double trials, std::uint64_t window, std::uint64_t failures, double p);

}  // namespace gelombang::uptime
