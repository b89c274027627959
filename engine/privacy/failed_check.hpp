// What a script found wrong, before it is kept as evidence.
#pragma once

#include <optional>
#include <string_view>

namespace gelombang {

// Why a script failed its step.
struct FailedCheck {
  std::string_view by;                  // what judged: "check", "capture", "json" or "mailbox.wait"
  std::string_view text;                // what was expected, in the scenario's own words
  std::optional<std::string_view> got;  // what it looked at; nullopt: the step's last answer
};

}  // namespace gelombang
