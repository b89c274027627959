// A run of the history in formats of others.
#pragma once

#include "metrics/history/reader.hpp"

#include <functional>
#include <string_view>

namespace gelombang {

// Gets the text piece by piece.
using TextSink = std::function<void(std::string_view)>;

// A row for each interval and each step that something happened at; a header line. RFC 4180, times in seconds.
Result<void> export_csv(HistoryReader& reader, const RunRecord& run, const TextSink& sink);

// The series that a Prometheus would have scraped every `every`, with the times of then, labelled job="gelombang" and
// instance=<the run's id>; series that were 0 throughout are left out. For
// `promtool tsdb create-blocks-from openmetrics`.
Result<void> export_openmetrics(HistoryReader& reader, const RunRecord& run, Duration every, const TextSink& sink);

}  // namespace gelombang
