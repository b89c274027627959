// From a run in the history to the document of its report.
#pragma once

#include "base/result.hpp"
#include "reports/report_document.hpp"

#include <string>
#include <vector>

namespace gelombang {

class HistoryReader;

// `id` is a full one. A run without an end has a summary made up from its intervals: figures and thresholds are of what
// was recorded, and there is no verdict. An Error where nothing was recorded.
Result<ReportDocument> stored_report(HistoryReader& history, const std::string& id);

// The command line in a plan of the history; empty where there is none.
std::string command_in(const std::string& plan);
// Words as they are typed into a shell.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace gelombang
