// The texts about a search for the highest rate, for people.
#pragma once

#include "capacity/probe.hpp"
#include "capacity/search.hpp"
#include "metrics/thresholds/threshold.hpp"
#include "runs/rate_chart.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gelombang::capacity {

// "held", "broken", "collapsed", "invalid", "no data".
std::string_view verdict_text(ProbeVerdict verdict) noexcept;

// "held 32/s, broke at 64/s, 95 % [31/s, 60/s]": as far as known; empty if nothing is known.
std::string known_text(const SearchAnswer& answer);

// A finished probe, in one line.
std::string probe_line(const ProbeResult& probe);

// How a search ended, with its exit code.
struct SearchVerdict {
  int exit_code = 0;
  std::string text;  // one line
};
SearchVerdict verdict_of(const SearchResult& result);

// Table of probes, the curve, the knee and the answer; ASCII unless the style says Unicode, at most its width.
std::string result_text(const SearchResult& result, const std::vector<std::string>& slos, const Threshold& curve_metric,
                        const ChartStyle& style);

}  // namespace gelombang::capacity
