// The series of a run that a comparison needs, read from the history in one pass.
#pragma once

#include "base/result.hpp"
#include "compare/interval_series.hpp"
#include "metrics/history/reader.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/completion.hpp"
#include "metrics/thresholds/threshold.hpp"

#include <optional>
#include <span>
#include <vector>

namespace gelombang {

struct MeasuredSeries {
  DurationSeries durations;  // of a latency
  ShareSeries bad;           // of a rate: failures, or what was not served
};

struct MeasuredRun {
  std::vector<MeasuredSeries> series;  // one for each selection
  Snapshot totals;
  ValidityState validity = ValidityState::valid;  // as of the last interval
  std::size_t intervals = 0;
  // Since the start of the run: the ends of the last interval, and of the last one with an answer or an arrival.
  Duration measured_until{};
  Duration last_answer{};
  Duration last_arrival{};
  Silence unanswered{};  // after the last answer; how long is not kept
};

// Selections are thresholds without comparison and limit, resolved in the run's catalog. Only intervals that ended by
// `until` count.
Result<MeasuredRun> measure_run(HistoryReader& history, const RunRecord& run, std::span<const Threshold> selections,
                                std::optional<Duration> until);

}  // namespace gelombang
