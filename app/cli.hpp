// The command line of gelombang.
#pragma once

namespace gelombang {

// Parses, runs the command, and returns the exit code. Nothing is thrown.
int run_command_line(int argc, char** argv);

}  // namespace gelombang
