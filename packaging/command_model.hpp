// What a program's command line takes, as plain text: manual pages and completions are written from it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

struct OptionText {
  std::vector<std::string> names;  // with their dashes, the short ones first
  std::string takes;               // behind the name, as --help has it: "TEXT=info"; empty for a flag
  std::string description;
  std::vector<std::string> choices;  // the only values, where there are such
  bool flag = false;
  bool repeats = false;  // may be given several times
};

struct ArgumentText {
  std::string name;
  std::string takes;
  std::string description;
};

struct CommandText {
  std::vector<std::string> words;  // what is typed: "gelombang", "history", "list"
  std::string description;
  std::string footer;  // what --help ends with
  std::vector<ArgumentText> arguments;
  std::vector<OptionText> options;
  std::vector<OptionText> inherited;  // options of the commands above, which it takes too
  std::vector<CommandText> commands;

  // Its own options, then the inherited ones.
  std::vector<OptionText> all_options() const;
  // "gelombang history list"
  std::string line() const;
  // "gelombang-history-list"
  std::string joined(char with) const;
};

// Of a program, which CLI11 may know without its name.
CommandText command_text(const CLI::App& program, const std::string& name);

// One command with the commands below it, each with the commands below it behind it.
std::vector<const CommandText*> every_command(const CommandText& command);

}  // namespace gelombang
