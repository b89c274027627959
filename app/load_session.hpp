// `gelombang run`: plays a prepared plan from the first arrival to the exit code. Owns everything that
// a run needs and shows what it does.
#pragma once

#include "app/given_options.hpp"

#include <string>
#include <vector>

namespace gelombang {

// Files that such a run reads or writes beside its documents.
std::vector<std::string> files_of(const RunRequest& request);

// The exit code.
int run_load(const ReadRequest& read);

}  // namespace gelombang
