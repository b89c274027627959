// The history of a run that is about to start.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/history/writer.hpp"
#include "runs/prepared_run.hpp"
#include "runs/run_request.hpp"

#include <memory>
#include <string>

namespace gelombang {

// Null with --no-history. Also null, with a warning, if the default file cannot be used. An Error only if the user
// named the file.
Result<std::unique_ptr<HistoryWriter>> open_run_history(const SessionOptions& session, const PreparedRun& run,
                                                        const std::string& id, const std::string& plan, WallTime now);

}  // namespace gelombang
