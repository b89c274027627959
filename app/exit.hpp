// How a command ends.
#pragma once

#include "base/output_document.hpp"
#include "base/result.hpp"
#include "metrics/exit_reason.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// Makes a reason safe for a terminal: the reason may quote a target or a scenario.
std::string printable_lines(std::string_view why);

// Says why on stderr in one line. Returns the exit code.
int refuse(ExitCause cause, std::string_view why);

// Returns 104 and says why, if it is clear beforehand that the document of option `what` cannot be written or would
// replace `input`, a file that the command reads. An earlier file stays in that case.
std::optional<int> refuse_output(std::string_view what, OutputDocument& document, const std::string& input = {});

// The same for a command that plays and writes its document at its end. Sets an earlier file aside now, unless it is
// one of `others`, the files that the run reads or writes.
std::optional<int> begin_output(std::string_view what, OutputDocument& document,
                                const std::vector<std::string>& others);

// The exit code of a command that ends with `code`. If `written` is an error, output was not written whole: says so,
// and returns 114 where `code` is 0.
int with_output(int code, const Result<void>& written);
// The same for a text that goes to a file or stdout. `what` is the option that asked for it, such as "--json".
int with_output(int code, std::string_view what, OutputDocument& document, std::string_view text);

// From here until other handlers are set, SIGINT and SIGTERM end the process with 105 and one line. Used while it waits
// for name servers, a consent or a silent target and has sent nothing.
void leave_on_signals();

// Ends the process with this exit code while some threads cannot be ended. Frees nothing that those threads use. Writes
// what was printed.
[[noreturn]] void leave(int exit_code);

}  // namespace gelombang
