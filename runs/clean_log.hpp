// A message of the log may quote what a target, a mailbox or a script wrote.
#pragma once

namespace gelombang {

// From here on each message of the log is one line, and cannot speak to the terminal. After init_log().
void clean_log();

}  // namespace gelombang
