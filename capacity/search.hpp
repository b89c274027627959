// Looks for the highest rate within the objectives: probe by probe, with pauses in between, as capacity/capacity_search
// says. Knows neither the network nor the clock: both are given to it.
#pragma once

#include "capacity/capacity_search.hpp"
#include "capacity/probe.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace gelombang::capacity {

struct SearchSettings {
  SearchOptions options;
  Duration probe{};    // of the arrivals that are judged
  Duration warm_up{};  // before them, at the same rate
  Duration cool_down{};
};

// What a level of the search came to: the probes of one rate, those that were judged.
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
  // Why it ended before an answer was known: a signal, a refusal, a script's fault.
  std::optional<ExitReason> ended_by;
};

struct SearchHooks {
  // Plays one probe. `known` is the answer so far.
  std::function<ProbeResult(const ProbeOrder&, const SearchAnswer& known)> play;
  // Nothing is sent meanwhile; false: somebody wants the search to end.
  std::function<bool(Duration)> pause;
};

SearchResult search(const SearchSettings& settings, const SearchHooks& hooks);

// The levels of what was probed, with the knee marked.
std::vector<CurveLevel> curve_of(const std::vector<ProbeResult>& probes);

}  // namespace gelombang::capacity
