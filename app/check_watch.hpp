// `gelombang check WATCH.lua`: says what a watch would do, and what its objectives can see. Sends nothing.
#pragma once

#include "engine/scenario/watch_file.hpp"
#include "runs/run_request.hpp"

#include <optional>
#include <string>

namespace gelombang {

struct CheckWatchOptions {
  std::string location;
  std::string base_rate = "0.1%";  // of visits that fail though all is well
  std::string retention;           // of the Prometheus that evaluates the rules; empty: not said
};

// The watch of a file; nothing where the file is none.
std::optional<WatchFile> read_watch_file(const RunRequest& request);

// Prints to stdout. Returns the exit code.
int check_watch(const WatchFile& file, const RunRequest& request, const CheckWatchOptions& options);

}  // namespace gelombang
