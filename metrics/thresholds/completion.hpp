// Whether people got through at all. The figures of a run are those of whoever did; where hardly anybody did, or the
// target fell silent before the end, they flatter it, and the run is no pass. The one place that decides this;
// docs/numbers.md tells it to people.
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

// The time before the end of arrivals in which the target answered nothing any more.
struct Silence {
  Duration lasted{};
  std::uint64_t failed = 0;       // requests without an answer that ended since its beginning
  std::uint64_t interrupted = 0;  // likewise, cut off by the end of the run
};

struct CompletionFacts {
  std::uint64_t requests = 0;   // that ended, save those that our own faults spoilt
  std::uint64_t answered = 0;   // of them: with a status, whichever
  std::uint64_t steps = 0;      // that ended, likewise
  std::uint64_t succeeded = 0;  // of them
  std::uint64_t visits = 0;     // that ended in any way, and arrivals for which all users were busy
  std::uint64_t completed = 0;  // of them; who left by choice did so too
  std::uint64_t left = 0;       // of those
  std::uint64_t cut_off = 0;    // of them: interrupted inside a step, or never begun: no error_rate knows of them
  std::optional<Silence> silence;
  Duration arrivals{};                   // how long they went on
  Duration usual{};                      // what 95 % of the steps that succeeded did not exceed
  std::vector<std::uint64_t> missed_at;  // for each step: of `steps` those that did not succeed
};
// What the recorders know; silence is for the caller to add.
CompletionFacts completion_facts(const Snapshot& totals);
// Requests that ended with a status of the target.
std::uint64_t answered(const ResultCounts& requests) noexcept;
// The target's that ended without one, or were interrupted.
Silence unanswered(const ResultCounts& requests) noexcept;

// Why the run does not show that people got through.
struct Shortfall {
  std::string text;     // one line, without a full stop
  bool judged = false;  // a threshold has taken it into account: its verdict stands
};

struct CompletionLimits {
  double completed = 0.5;                      // of the visits, at least
  Duration silence = std::chrono::seconds(2);  // longer than two looks are apart
  Duration beyond = std::chrono::seconds(1);   // more than what is usual
  std::uint64_t silent_requests = 3;           // fewer may fail by chance
  double silent_share = 0.25;                  // of the time of arrivals, in which one or two users ask no more
};

// Nothing where people got through. Where nothing was asked, there is nothing to say either.
std::optional<Shortfall> judge_completion(const CompletionFacts& facts, std::span<const ThresholdResult> thresholds,
                                          const CompletionLimits& limits = {});

}  // namespace gelombang
