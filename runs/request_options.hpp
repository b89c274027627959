// The options of a command line that make a RunRequest, one row each: how a value is read, and how it is written again.
// Commands offer the groups that concern them.
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
    scenario,  // what is played against what, and how
    load,      // how much, and what it is judged by
    session,   // where figures go, the mailbox, the consent
    course,    // of a single run: its start, its end
  };
  enum class Takes : std::uint8_t { nothing, text, number, texts };
  // Whether the command line that the history keeps of a run says it.
  enum class Kept : std::uint8_t {
    written,   // so that the same is played again
    withheld,  // it says that something was given, and not what
    left_out,  // it says nothing of what is played: where results went, and when
  };

  std::string_view name;  // "--rate"; without dashes: the place of the word says what it is
  std::string_view help;
  Group group = Group::scenario;
  Takes takes = Takes::text;
  Kept kept = Kept::written;
  bool shows_default = false;
  // Whoever types it may write anything, people's data as well. Numbers, rates and durations are none: they are written
  // by us, and sixteen digits of them are no identity number.
  bool free_text = false;
  // Called for each value that was given, and with "" where it takes none. An Error has the option's name.
  Result<void> (*read)(RunRequest& request, std::string_view name, const std::string& text) = nullptr;
  // The values that read() makes the same of; none where nothing was asked for. One, "", where it takes none.
  std::vector<std::string> (*write)(const RunRequest& request) = nullptr;
};

// All of them, in the order in which help shows them.
std::span<const RequestOption> request_options();

}  // namespace gelombang
