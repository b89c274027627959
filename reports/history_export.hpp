// Exports a run of the history in standard formats.
#pragma once

#include "metrics/history/reader.hpp"

#include <functional>
#include <string_view>

namespace gelombang {

// Receives the text piece by piece.
using TextSink = std::function<void(std::string_view)>;

// A header line, and a row for each interval and each step with any activity. RFC 4180, times in seconds.
Result<void> export_csv(HistoryReader& reader, const RunRecord& run, const TextSink& sink);

// The series that a Prometheus would have scraped every `every`, with the original times, labelled job="gelombang" and
// instance=<the run's id>. Leaves out series that were always 0. For `promtool tsdb create-blocks-from openmetrics`.
Result<void> export_openmetrics(HistoryReader& reader, const RunRecord& run, Duration every, const TextSink& sink);

}  // namespace gelombang
