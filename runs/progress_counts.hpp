// What the live display shows of a run's counters.
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/thresholds/validity.hpp"
#include "runs/progress.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

// Fills in started, completed, failed, dropped, lost, the error rate and the amplification; returns the requests sent
// so far. `overdue` steps are under way and have failed all the same.
std::uint64_t count_progress(const Snapshot& totals, std::uint64_t overdue, ProgressFigures& figures);

// What is wrong, the gravest first, in at most four lines; the last one counts what has no place. `mailbox_fault` is
// empty where the mailbox is well.
std::vector<std::string> progress_warnings(const Snapshot& totals, const Validity& validity,
                                           const std::string& mailbox_fault);

}  // namespace gelombang
