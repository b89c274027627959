// `gelombang check`: says what a run would be and need, and sends nothing but, where it is wanted, one query to the
// Prometheus that the played load was recorded by.
#pragma once

#include "app/given_options.hpp"

namespace gelombang {

// Prints to stdout; the exit code.
int check_scenario(const ReadRequest& read, bool fetch);

}  // namespace gelombang
