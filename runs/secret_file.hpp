// A secret that the user keeps in a file or passes through a pipe.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace gelombang {

inline constexpr std::size_t kMostSecret = 64 * 1024;  // bytes

// The text without a byte order mark and without line ends at its end. Text that is longer than kMostSecret, empty,
// UTF-16 or has zero bytes is an Error, which does not quote the text. Reads no more than that, whatever the file is.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace gelombang
