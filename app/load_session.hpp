// `gelombang run`: plays a prepared plan from the first arrival to the exit code. Owns everything that
// a run needs and shows what it does.
#pragma once

#include "runs/run_options.hpp"
#include "runs/session_options.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// Adds what `run` and `find-max` share: /metrics, JSON, mailbox, consent, history.
void add_session_options(CLI::App& command, SessionOptions& options);

// Files that a run with these options reads or writes beside its documents.
std::vector<std::string> files_of(const RunOptions& run, const SessionOptions& session);

// The exit code.
int run_load(const RunOptions& run_options, const SessionOptions& session_options);

}  // namespace gelombang
