// Why a run ends with the exit code that it ends with. Several reasons may hold; the gravest is the exit code
// and the verdict, all are in the summary.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gelombang {

// From the gravest to the least; the numbers are the exit codes.
enum class ExitCause : std::uint8_t {
  configuration = 104,  // what was asked for cannot be done
  refused = 112,        // the target's owner has not consented
  script_error = 107,   // the scenario raised an error, or a guard of it stopped a request
  stopped = 105,        // by a signal
  invalid_run = 111,    // no verdict about the target
  failed = 99,          // a threshold or a conformance row
  no_data = 113,
  output = 114,  // what was asked for could not be written whole
};

struct ExitReason {
  ExitCause cause = ExitCause::configuration;
  std::string text;  // one line
};

bool graver(ExitCause a, ExitCause b) noexcept;
// 0 where there is no reason.
int exit_code(std::span<const ExitReason> reasons) noexcept;
// The reason that decides, or nullptr.
const ExitReason* gravest(std::span<const ExitReason> reasons) noexcept;
inline constexpr std::array<std::string_view, 7> kVerdictNames{"pass",    "fail",         "no_data", "invalid",
                                                               "stopped", "script_error", "refused"};
// One of kVerdictNames; what could not be written does not change it.
std::string_view verdict(std::span<const ExitReason> reasons) noexcept;

}  // namespace gelombang
