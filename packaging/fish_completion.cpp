#include "packaging/completion.hpp"

#include <fmt/format.h>

namespace gelombang {
namespace {

std::string names_below(const CommandText& command) {
  std::string names;
  for (const CommandText& below : command.commands) names += (names.empty() ? "" : " ") + below.words.back();
  return names;
}

// A test that is true if the typed words lead to this command, and not to a command below it.
std::string condition(const CommandText& command) {
  std::string text;
  for (std::size_t i = 1; i < command.words.size(); ++i)
    text += (text.empty() ? "" : "; and ") + fmt::format("__fish_seen_subcommand_from {}", command.words[i]);
  if (command.commands.empty()) return text;
  return text + (text.empty() ? "" : "; and ") +
         fmt::format("not __fish_seen_subcommand_from {}", names_below(command));
}

// " -n CONDITION", or nothing if there is no condition.
std::string only_if(const CommandText& command) {
  const std::string text = condition(command);
  return text.empty() ? text : " -n " + quoted(text);
}

std::string option_line(const std::string& start, const OptionText& option) {
  std::string text = start;
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.flag) {
    text += option.choices.empty() ? " -r -F" : " -x -a " + quoted(fmt::format("{}", fmt::join(option.choices, " ")));
  }
  return text + " -d " + quoted(option.description) + "\n";
}

}  // namespace

std::string fish_completion(const CommandText& program) {
  const std::string name = program.line();
  std::string text = fmt::format("# Completion of {0} for fish, made when it was built.\n\ncomplete -c {0} -f\n", name);
  for (const CommandText* command : every_command(program)) {
    const std::string start = "complete -c " + name + only_if(*command);
    for (const CommandText& below : command->commands)
      text += start + " -a " + below.words.back() + " -d " + quoted(below.description) + "\n";
    for (const OptionText& option : command->all_options()) text += option_line(start, option);
    if (!command->arguments.empty()) text += start + " -F\n";
  }
  return text;
}

}  // namespace gelombang
