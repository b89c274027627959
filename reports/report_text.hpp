// A report for an issue or a chat, and one for a CI server. Both come from the document's summary.
#pragma once

#include "base/result.hpp"
#include "reports/report_document.hpp"

#include <string>

namespace gelombang {

// Markdown. Text from others is shown literally: it has no meaning in Markdown or HTML.
Result<std::string> report_markdown(const ReportDocument& document);
// JUnit XML: a test case for each threshold and conformance row, one for the verdict and one for validity. A run that
// proves nothing is an error, so that no CI server shows it as green.
Result<std::string> report_junit(const ReportDocument& document);

}  // namespace gelombang
