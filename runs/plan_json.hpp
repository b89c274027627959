// What a run was asked to do, as the history keeps it: enough to play it again, without anything that must not be kept.
#pragma once

#include "runs/prepared_run.hpp"
#include "runs/run_request.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace gelombang {

// The search for the highest rate, if the run is a probe of one.
struct SearchLink {
  std::string search;      // its id
  std::size_t number = 0;  // of the probe
  bool recovery = false;
};

// JSON. Its command line has every option that says what is played, and reads back as the same request. Secrets are
// named by their source, never by their value. Mail addresses and identity numbers on the command line are left out.
std::string plan_json(const RunRequest& request, const PreparedRun& run,
                      const std::optional<SearchLink>& search = std::nullopt);

}  // namespace gelombang
