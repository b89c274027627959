// How a command ends before it has measured anything.
#pragma once

#include "metrics/exit_reason.hpp"

#include <string_view>

namespace gelombang {

// Says why on stderr, in one line, and returns the exit code.
int refuse(ExitCause cause, std::string_view why);

}  // namespace gelombang
