// What a run was asked to do, as it is kept in the history: enough to play it again, and nothing that must not be kept.
#pragma once

#include "runs/prepared_run.hpp"
#include "runs/run_request.hpp"

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

// JSON. Its command line has every option that says what is played, and read again it is the same request. Secrets are
// named by where they come from, never by their value; mail addresses and identity numbers that stand
// on the command line are left out.
std::string plan_json(const RunRequest& request, const PreparedRun& run,
                      const std::optional<SearchLink>& search = std::nullopt);

}  // namespace gelombang
