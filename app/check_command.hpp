// `gelombang check`: says what a run would do and need. Sends nothing, except one query to the Prometheus that recorded
// the load, if the user asks for it.
#pragma once

#include "app/check_watch.hpp"
#include "app/given_options.hpp"

namespace gelombang {

// Prints to stdout. Returns the exit code.
int check_scenario(const ReadRequest& read, bool fetch, const CheckWatchOptions& watch);

}  // namespace gelombang
