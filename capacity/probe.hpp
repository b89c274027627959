// One probe of a search for the highest rate: the order and its result.
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
  Duration length{};  // of its arrivals, including the warm-up
};

struct ProbeResult {
  ProbeOrder order;
  std::string run;  // its id in the history; empty if nothing was played
  std::uint64_t seed = 0;
  ProbeVerdict verdict = ProbeVerdict::no_data;
  std::string why;      // one line; empty if the probe held
  double achieved = 0;  // arrivals per second
  // Arrivals per second that were completed; nothing if the probe, and people with it, were cut short.
  std::optional<double> served;
  Duration took{};  // of its arrivals, including the warm-up
  bool cut_short = false;
  // Of the curve's metric (SloVerdict), without the warm-up.
  std::optional<Estimate> mean;
  std::optional<Estimate> figure;
  std::vector<ThresholdResult> slos;
  // Set if the probe ends the search: stopped, refused, a script's fault.
  std::optional<ExitReason> ends_search;
};

}  // namespace gelombang::capacity
