// `gelombang history list | show | export | prune`: what the history file keeps of earlier runs.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace gelombang {

struct HistoryOptions {
  std::string file;  // empty: the default one
  std::string run;   // id, its beginning, or "last"
  std::string format = "csv";
  std::string every = "15s";
  std::string out;  // empty: stdout
  std::string keep;
};

// Adds the command and its subcommands. Stores the chosen one in `command`, which returns the exit code.
void add_history_command(CLI::App& parent, HistoryOptions& options, std::function<int()>& command);

}  // namespace gelombang
