// Opening a history file: found, made, checked, and refused in one line where it is damaged, newer, or none of ours.
// What is refused is left as it is, byte for byte.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>

namespace SQLite {
class Database;
class Exception;
}  // namespace SQLite

namespace gelombang {

// $XDG_STATE_HOME/gelombang/history.sqlite, else ~/.local/state/gelombang/history.sqlite; an Error where there is no
// home either.
Result<std::string> default_history_path();
// Its directory, for this user alone.
Result<void> make_history_directory(const std::string& path);

// For reading; the file must be there. Nothing needs to be writable, and others may write to it meanwhile. Of an older
// one a copy is brought up to date: what reads changes nothing.
Result<std::unique_ptr<SQLite::Database>> open_history(const std::string& path);
// For writing; made, for this user alone, where it is not there. Its directory must be.
Result<std::unique_ptr<SQLite::Database>> open_history_to_write(const std::string& path);

// What went wrong with the file, in one line.
Error history_error(const std::string& path, const SQLite::Exception& fault);

}  // namespace gelombang
