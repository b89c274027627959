// What a run was asked to do, as it is kept in the history: enough to play it again, and nothing that must not be kept.
#pragma once

#include "runs/run_options.hpp"
#include "runs/session_options.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace gelombang {

// The search for the highest rate that a run is a probe of.
struct SearchLink {
  std::string search;      // its id
  std::size_t number = 0;  // of the probe
  bool recovery = false;
};

// JSON. Secrets are named by where they come from, never by their value; mail addresses and identity numbers that stand
// on the command line are left out.
std::string plan_json(const RunOptions& options, const SessionOptions& session, const PreparedRun& run,
                      const std::optional<SearchLink>& search = std::nullopt);

}  // namespace gelombang
