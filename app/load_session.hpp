// `gelombang run`: plays a prepared plan from the first arrival to the exit code. Owns everything that
// a run needs and shows what it does.
#pragma once

#include "app/given_options.hpp"

#include <string>
#include <vector>

namespace gelombang {

// The files that a run reads or writes besides its documents.
std::vector<std::string> files_of(const RunRequest& request);

// Returns the exit code.
int run_load(const ReadRequest& read);

}  // namespace gelombang
