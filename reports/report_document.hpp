// The source of a report: one JSON document, which the page reads and --format json prints. docs/report.md describes
// its members.
#pragma once

#include "metrics/annotation.hpp"
#include "metrics/thresholds/aggregator.hpp"
#include "reports/first_failures.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct ReportDocument {
  enum class State : std::uint8_t {
    running,  // this process plays it
    finished,
    under_way,  // by another process, as far as the history knows
    cut_off,    // its recording has no end (killed, or the disk was full), so no verdict
  };
  State state = State::finished;
  std::string command;  // plays the same run again; empty: unknown
  std::uint64_t seed = 0;
  std::vector<Annotation> annotations;
  FirstFailureList first_failures;
  std::string plan;                     // JSON, or empty
  std::string summary;                  // JSON, as summary_json() writes it
  std::string series;                   // JSON, as series_json() writes it
  std::optional<RecentFigures> recent;  // while it goes on, in this very process
};

std::string report_json(const ReportDocument& document);

}  // namespace gelombang
