// Whether people got through at all. The figures of a run describe only the people who did. If hardly anybody did, or
// the target fell silent before the end, the figures flatter the target, and the run is no pass. Only this file decides
// that; docs/numbers.md explains it to people.
#pragma once

#include "base/clock.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/judge.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gelombang {

// The time before the end of arrivals in which the target gave no response any more.
struct Silence {
  Duration lasted{};
  std::uint64_t failed = 0;       // requests without a response that ended in this time
  std::uint64_t interrupted = 0;  // likewise, cut off by the end of the run
};

struct CompletionFacts {
  std::uint64_t requests = 0;   // that ended, except those that our own faults spoilt
  std::uint64_t answered = 0;   // of these requests: with any status
  std::uint64_t steps = 0;      // that ended, likewise
  std::uint64_t succeeded = 0;  // of these steps
  std::uint64_t visits = 0;     // that ended in any way, and arrivals for which all users were busy
  std::uint64_t completed = 0;  // of these visits; people who left by choice included
  std::uint64_t left = 0;       // of the completed: left by choice
  std::uint64_t cut_off = 0;    // of the visits: interrupted inside a step, or never begun: not in any error_rate
  std::optional<Silence> silence;
  Duration arrivals{};                   // how long arrivals went on
  Duration usual{};                      // 95 % of the successful steps did not exceed this
  std::vector<std::uint64_t> missed_at;  // for each step: those of `steps` that did not succeed
};
// The facts that the recorders know. The caller adds `silence`.
CompletionFacts completion_facts(const Snapshot& totals);
// Requests that ended with a status of the target.
std::uint64_t answered(const ResultCounts& requests) noexcept;
// Requests that failed without a status of the target, or were interrupted.
Silence unanswered(const ResultCounts& requests) noexcept;

// Why the run does not show that people got through.
struct Shortfall {
  std::string text;     // one line, without a full stop
  bool judged = false;  // a threshold has taken it into account: its verdict stands
};

struct CompletionLimits {
  double completed = 0.5;                      // of the visits, at least
  Duration silence = std::chrono::seconds(2);  // longer than the time between two looks
  Duration beyond = std::chrono::seconds(1);   // more than usual
  std::uint64_t silent_requests = 3;           // fewer may fail by chance
  double silent_share = 0.25;  // of the arrival time: then fewer requests do, as one or two users send no more
};

// Nothing if people got through, or if nothing was requested.
std::optional<Shortfall> judge_completion(const CompletionFacts& facts, std::span<const ThresholdResult> thresholds,
                                          const CompletionLimits& limits = {});

}  // namespace gelombang
