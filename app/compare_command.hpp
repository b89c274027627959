// `gelombang compare A B`: two runs of the history side by side, and conditions on their difference. docs/compare.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

struct CompareOptions {
  std::string before;  // id, its beginning, or "last"
  std::string after;
  std::string format = "text";
  std::string out;   // a file; empty or "-": stdout
  std::string file;  // of the history; empty: the default one
  std::string confidence = "98%";
  std::string minimum = "5%";
  std::vector<std::string> conditions;
  bool fail_unclear = false;
  bool anyway = false;
  bool color = true;
};

// Adds the command. If the user chooses it, `command` compares and returns the exit code.
void add_compare_command(CLI::App& parent, CompareOptions& options, std::function<int()>& command);

}  // namespace gelombang
