// How a command ends before it has measured anything.
#pragma once

#include "metrics/exit_reason.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// Why a command ends, for a terminal: it may quote a target or a scenario.
std::string printable_lines(std::string_view why);

// Says why on stderr, in one line, and returns the exit code.
int refuse(ExitCause cause, std::string_view why);

// Ends the process with this exit code while threads of it cannot be ended: nothing that they use is freed. What was
// printed is written.
[[noreturn]] void leave(int exit_code);

}  // namespace gelombang
