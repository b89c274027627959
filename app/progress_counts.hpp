// What the live display shows of a run's counters.
#pragma once

#include "app/progress.hpp"
#include "metrics/snapshot.hpp"

#include <cstdint>

namespace gelombang {

// Fills in started, completed, failed, dropped, lost, the error rate and the amplification; returns the requests sent
// so far.
std::uint64_t count_progress(const Snapshot& totals, ProgressFigures& figures);

}  // namespace gelombang
