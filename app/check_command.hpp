// `gelombang check`: says what a run would be and need, and sends nothing.
#pragma once

#include "app/run_options.hpp"

namespace gelombang {

// Prints to stdout; the exit code.
int check_scenario(const RunOptions& options);

}  // namespace gelombang
