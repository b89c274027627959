// Whether people got through in a run of the history. Where they did not, its figures are those of the few who did, or
// of refusals that come at once, and flatter it.
#pragma once

#include "compare/measured_run.hpp"
#include "metrics/history/reader.hpp"

#include <optional>
#include <string>

namespace gelombang {

struct GotThrough {
  std::optional<std::string> shortfall;  // why the run does not show it, in one line; nothing where it does
  bool hardly_anybody = false;           // no comparison can make up for that
};

GotThrough got_through(const RunRecord& run, const MeasuredRun& measured);

}  // namespace gelombang
