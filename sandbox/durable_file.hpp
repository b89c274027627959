// Files that are either complete on the disk or do not exist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

enum class FileOutcome : std::uint8_t { written, no_space, failed };

// Whether the new name is on the disk when the call returns, or only after sync_directory().
enum class SyncName : std::uint8_t { now, later };

// Writes `bytes` to `temporary` (same file system), syncs, renames to `path`, syncs the directory.
FileOutcome write_durably(const std::string& temporary, const std::string& path, std::string_view bytes,
                          SyncName sync_name = SyncName::now);
bool sync_directory(const std::string& directory);
// Creates an empty file if there is none.
bool touch(const std::string& path);

}  // namespace gelombang::sandbox
