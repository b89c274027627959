// What a run was asked to do, as it is kept in the history: enough to play it again, and nothing that must not be kept.
#pragma once

#include "app/load_session.hpp"
#include "app/run_options.hpp"

#include <string>

namespace gelombang {

// JSON. Secrets are named by where they come from, never by their value; mail addresses and identity numbers that stand
// on the command line are left out.
std::string plan_json(const RunOptions& options, const SessionOptions& session, const PreparedRun& run);

}  // namespace gelombang
