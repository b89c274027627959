// Why a run ends with its exit code. Several reasons may hold: the gravest one gives the exit code and verdict, the
// summary lists all.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gelombang {

// From the gravest to the least grave. The numbers are the exit codes.
enum class ExitCause : std::uint8_t {
  configuration = 104,  // the requested run cannot be done
  refused = 112,        // the target's owner has not consented
  script_error = 107,   // the scenario raised an error, or one of its guards stopped a request
  stopped = 105,        // by a signal
  invalid_run = 111,    // no verdict about the target
  failed = 99,          // a threshold or a conformance row
  no_data = 113,
  output = 114,  // a requested output could not be written completely
};

struct ExitReason {
  ExitCause cause = ExitCause::configuration;
  std::string text;  // one line
};

bool graver(ExitCause a, ExitCause b) noexcept;
// 0 if there is no reason.
int exit_code(std::span<const ExitReason> reasons) noexcept;
// The reason that decides, or nullptr.
const ExitReason* gravest(std::span<const ExitReason> reasons) noexcept;
inline constexpr std::array<std::string_view, 7> kVerdictNames{"pass",    "fail",         "no_data", "invalid",
                                                               "stopped", "script_error", "refused"};
// One of kVerdictNames. ExitCause::output does not change the verdict.
std::string_view verdict(std::span<const ExitReason> reasons) noexcept;

}  // namespace gelombang
