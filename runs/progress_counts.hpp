// What the live display shows of a run's counters.
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/thresholds/validity.hpp"
#include "runs/progress.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

// Fills in started, completed, failed, dropped, lost, the error rate and the amplification. Returns the requests sent
// so far. The `overdue` steps are under way but count as failed.
std::uint64_t count_progress(const Snapshot& totals, std::uint64_t overdue, ProgressFigures& figures);

// The problems, gravest first, in at most four lines. The last line counts the problems without a line. `mailbox_fault`
// is empty if the mailbox works.
std::vector<std::string> progress_warnings(const Snapshot& totals, const Validity& validity,
                                           const std::string& mailbox_fault);

}  // namespace gelombang
