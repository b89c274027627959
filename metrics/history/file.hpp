// Opens a history file: finds it, makes it, checks it. A damaged, newer or foreign file is refused with one line of
// text, and left as it is, byte for byte.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace SQLite {
class Database;
class Exception;
}  // namespace SQLite

namespace gelombang {

// $XDG_STATE_HOME/gelombang/history.sqlite, else ~/.local/state/gelombang/history.sqlite; an Error if there is no home
// directory either.
Result<std::string> default_history_path();
// Makes the directory of the file, for this user alone.
Result<void> make_history_directory(const std::string& path);

// For reading. The file must exist. Nothing needs to be writable, and others may write to the file meanwhile. An older
// file is copied and the copy is brought up to date: reading changes nothing.
Result<std::unique_ptr<SQLite::Database>> open_history(const std::string& path);
// For writing. Makes a missing file, for this user alone. Its directory must exist.
Result<std::unique_ptr<SQLite::Database>> open_history_to_write(const std::string& path);

// What went wrong with the file, in one line.
Error history_error(const std::string& path, const SQLite::Exception& fault);

}  // namespace gelombang
