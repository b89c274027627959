// Files that are either whole and on the disk, or not there at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

enum class FileOutcome : std::uint8_t { written, no_space, failed };

// Writes `bytes` to `temporary` (same file system), syncs, renames to `path`, syncs the directory.
FileOutcome write_durably(const std::string& temporary, const std::string& path, std::string_view bytes);
// Creates an empty file if there is none.
bool touch(const std::string& path);

}  // namespace gelombang::sandbox
