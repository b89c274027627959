// One probe of a search for the highest rate: what is to be played, and what came of it.
#pragma once

#include "base/clock.hpp"
#include "capacity/capacity_search.hpp"
#include "metrics/censored_histogram.hpp"
#include "metrics/exit_reason.hpp"
#include "metrics/thresholds/judge.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::capacity {

struct ProbeOrder {
  std::size_t number = 1;  // of the search
  double rate = 0;         // arrivals per second
  bool recovery = false;
  Duration length{};  // of its arrivals, the warm-up included
};

struct ProbeResult {
  ProbeOrder order;
  std::string run;  // its id in the history; empty where nothing was played
  std::uint64_t seed = 0;
  ProbeVerdict verdict = ProbeVerdict::no_data;
  std::string why;      // one line; empty where it held
  double achieved = 0;  // arrivals per second
  // Of them, those that were completed; nothing where the probe was cut short, and people with it.
  std::optional<double> served;
  Duration took{};  // of its arrivals, the warm-up included
  bool cut_short = false;
  // Of the curve's metric (SloVerdict), without the warm-up.
  std::optional<Estimate> mean;
  std::optional<Estimate> figure;
  std::vector<ThresholdResult> slos;
  // Where it ends the search: stopped, refused, a script's fault.
  std::optional<ExitReason> ends_search;
};

}  // namespace gelombang::capacity
