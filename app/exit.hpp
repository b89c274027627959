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

// Why a command ends, for a terminal: it may quote a target or a scenario.
std::string printable_lines(std::string_view why);

// Says why on stderr, in one line, and returns the exit code.
int refuse(ExitCause cause, std::string_view why);

// 104, and why, where it can be seen beforehand that the document that `what` asks for cannot be written, or would
// replace `input`, which is read for it. An earlier file stays then.
std::optional<int> refuse_output(std::string_view what, OutputDocument& document, const std::string& input = {});

// The same for a command that plays, which writes its document at its end: an earlier file is set aside now, unless the
// run reads or writes it as one of `others`.
std::optional<int> begin_output(std::string_view what, OutputDocument& document,
                                const std::vector<std::string>& others);

// The exit code of a command that ends with `code` but for `written`: what was asked for and could not be written whole
// is said, and is 114 where nothing graver holds.
int with_output(int code, const Result<void>& written);
// The same of a text for a file or stdout; `what` asked for it, such as "--json".
int with_output(int code, std::string_view what, OutputDocument& document, std::string_view text);

// From here until something else handles them, SIGINT and SIGTERM end the process with 105 and one line: while it waits
// for name servers, a consent or a silent target, and has sent nothing.
void leave_on_signals();

// Ends the process with this exit code while threads of it cannot be ended: nothing that they use is freed. What was
// printed is written.
[[noreturn]] void leave(int exit_code);

}  // namespace gelombang
