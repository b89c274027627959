// A secret that somebody keeps in a file, or hands over through a pipe.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace gelombang {

inline constexpr std::size_t kMostSecret = 64 * 1024;  // bytes

// Its text without a byte order mark and without the line ends at its end. What is longer, empty, UTF-16 or has zero
// bytes in it is an Error, without the text. Reads no more than that, whatever the file is.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace gelombang
