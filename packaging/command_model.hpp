// What a program's command line accepts, as plain text. Manual pages and completions are made from it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

struct OptionText {
  std::vector<std::string> names;  // with their dashes, the short ones first
  std::string takes;               // the text after the name in --help: "TEXT=info"; empty for a flag
  std::string description;
  std::vector<std::string> choices;  // the allowed values; empty: any value
  bool flag = false;
  bool repeats = false;  // may be given several times
};

struct ArgumentText {
  std::string name;
  std::string takes;
  std::string description;
};

struct CommandText {
  std::vector<std::string> words;  // as typed: "gelombang", "history", "list"
  std::string description;
  std::string footer;  // the end of --help
  std::vector<ArgumentText> arguments;
  std::vector<OptionText> options;
  std::vector<OptionText> inherited;  // options of the commands above, which it accepts too
  std::vector<CommandText> commands;

  // The command's own options, then the inherited ones.
  std::vector<OptionText> all_options() const;
  // "gelombang history list"
  std::string line() const;
  // "gelombang-history-list"
  std::string joined(char with) const;
};

// Describes a program. CLI11 may not know its name.
CommandText command_text(const CLI::App& program, const std::string& name);

// The command and all commands below it. Each command comes before the commands below it.
std::vector<const CommandText*> every_command(const CommandText& command);

}  // namespace gelombang
