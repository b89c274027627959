// Log messages may quote what a target, a mailbox or a script wrote.
#pragma once

namespace gelombang {

// From here on, each log message is one line without terminal control characters. Call it after init_log().
void clean_log();

}  // namespace gelombang
