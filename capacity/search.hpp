// Searches for the highest rate within the objectives: probe by probe, with pauses in between. capacity/capacity_search
// decides the rates. Knows neither the network nor the clock: both are given to it.
#pragma once

#include "capacity/capacity_search.hpp"
#include "capacity/probe.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace gelombang::capacity {

struct SearchSettings {
  SearchOptions options;
  Duration probe{};    // of the judged arrivals
  Duration warm_up{};  // before them, at the same rate
  Duration cool_down{};
};

// The result of a level of the search: the judged probes of one rate.
struct CurveLevel {
  CurvePoint point;                // means over its probes
  std::optional<Estimate> figure;  // the median of its probes
  std::size_t held = 0;
  std::size_t broken = 0;
  bool knee = false;
};

struct SearchResult {
  SearchAnswer answer;
  std::vector<ProbeResult> probes;
  std::vector<CurveLevel> curve;  // by rate
  // Why the search ended before an answer was known: a signal, a refusal, a script's fault.
  std::optional<ExitReason> ended_by;
};

struct SearchHooks {
  // Plays one probe. `known` is the answer so far.
  std::function<ProbeResult(const ProbeOrder&, const SearchAnswer& known)> play;
  // Sends nothing meanwhile. False: somebody wants the search to end.
  std::function<bool(Duration)> pause;
};

SearchResult search(const SearchSettings& settings, const SearchHooks& hooks);

// The levels of the probes, with the knee marked.
std::vector<CurveLevel> curve_of(const std::vector<ProbeResult>& probes);

}  // namespace gelombang::capacity
