// The options of a command line that fill a RunRequest, one row each: how to read a value and how to write it again.
// Commands offer the groups that they need.
#pragma once

#include "base/result.hpp"
#include "runs/run_request.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct RequestOption {
  enum class Group : std::uint8_t {
    scenario,  // what is played, the target, and how
    load,      // how much load, and the thresholds
    session,   // where figures go, the mailbox, the consent
    course,    // start and end of a single run
  };
  enum class Takes : std::uint8_t { nothing, text, number, texts };
  // Whether the command line that the history keeps for a run contains the option.
  enum class Kept : std::uint8_t {
    written,   // needed to play the same again
    withheld,  // says that a value was given, but not which
    left_out,  // says nothing about what is played: where results went, and when
  };

  std::string_view name;  // "--rate"; without dashes: a positional argument
  std::string_view help;
  Group group = Group::scenario;
  Takes takes = Takes::text;
  Kept kept = Kept::written;
  bool shows_default = false;
  // The user may write anything here, also people's data. Numbers, rates and durations are not free text: the program
  // writes them, and sixteen digits in them are no identity number.
  bool free_text = false;
  // Called for each given value, and with "" if the option takes none. An Error names the option.
  Result<void> (*read)(RunRequest& request, std::string_view name, const std::string& text) = nullptr;
  // The values from which read() makes the same request; empty if the option is not set; {""} if it takes no value.
  std::vector<std::string> (*write)(const RunRequest& request) = nullptr;
};

// All options, in the order of the help.
std::span<const RequestOption> request_options();

}  // namespace gelombang
