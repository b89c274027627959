// The command line of gelombang.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace gelombang {

// Parses, runs the command, and returns the exit code. Nothing is thrown.
int run_command_line(int argc, char** argv);

// Shows `look` the command line as CLI11 knows it: manual pages and completions are made from it.
void show_commands(const std::function<void(const CLI::App&)>& look);

}  // namespace gelombang
