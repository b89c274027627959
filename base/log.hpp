// The program's log: one logger, always on stderr, because results go to stdout.
// Never pass it a secret: wrap those in Secret (base/secret.hpp), which cannot be formatted.
#pragma once

#include "base/result.hpp"

#include <spdlog/spdlog.h>

#include <string_view>

namespace gelombang {

// Installs the stderr logger. `level` is one of trace, debug, info, warning, error, off.
Result<void> init_log(std::string_view level, bool color);

}  // namespace gelombang
