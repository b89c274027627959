// Makes the document of a report from a run in the history.
#pragma once

#include "base/result.hpp"
#include "reports/report_document.hpp"

#include <string>
#include <vector>

namespace gelombang {

class HistoryReader;

// `id` is a complete id. For a run without an end, makes a summary from its intervals: it has the recorded figures and
// thresholds, but no verdict. An Error if nothing was recorded.
Result<ReportDocument> stored_report(HistoryReader& history, const std::string& id);

// The command line of a plan in the history; empty if there is none.
std::string command_in(const std::string& plan);
// Quotes words for a shell.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace gelombang
