#include "packaging/completion.hpp"

#include <fmt/format.h>

namespace gelombang {
namespace {

// Escapes what would end a description, or begin the next part, in a specification of _arguments.
std::string in_specification(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string specification(const OptionText& option, const std::string& name) {
  std::string text = (option.repeats ? "*" : "") + name;
  if (!option.flag) text += name.starts_with("--") ? "=" : "+";
  text += "[" + in_specification(option.description) + "]";
  if (option.flag) return text;
  const std::string values = option.choices.empty() ? "_files" : fmt::format("({})", fmt::join(option.choices, " "));
  return text + ":value:" + values;
}

std::string options_of(const CommandText& command) {
  std::string text;
  for (const OptionText& option : command.all_options()) {
    for (const std::string& name : option.names) text += " \\\n    " + quoted(specification(option, name));
  }
  return text;
}

std::string leaf(const CommandText& command) {
  std::string text = function_name(command) + "() {\n  _arguments -S" + options_of(command);
  for (const ArgumentText& argument : command.arguments)
    text += " \\\n    " + quoted(":" + in_specification(argument.name) + ":_files");
  return text + "\n}\n\n";
}

std::string branch(const CommandText& command) {
  const std::string function = function_name(command);
  std::string commands;
  std::string cases;
  for (const CommandText& below : command.commands) {
    commands += "    " + quoted(below.words.back() + ":" + below.description) + "\n";
    cases += fmt::format("        {}) {} ;;\n", below.words.back(), function_name(below));
  }
  return fmt::format(
      "{0}() {{\n  local curcontext=$curcontext state line\n  local -A opt_args\n  local -a commands=(\n{1}  )\n"
      "  _arguments -C{2} \\\n    '1: :->command' '*:: :->rest'\n"
      "  case $state in\n    command) _describe command commands ;;\n    rest)\n      case $line[1] in\n{3}      esac "
      ";;\n"
      "  esac\n}}\n\n",
      function, commands, options_of(command), cases);
}

}  // namespace

std::string zsh_completion(const CommandText& program) {
  std::string functions;
  for (const CommandText* command : every_command(program))
    functions += command->commands.empty() ? leaf(*command) : branch(*command);
  // If zsh autoloads the file, the file is the body of the first call. If the file is sourced, it has to register the
  // function.
  return fmt::format(
      "#compdef {0}\n# Completion of {0} for zsh, made when it was built.\n\n{1}"
      "if [[ $funcstack[1] == {2} ]]; then\n  {2} \"$@\"\nelse\n  compdef {2} {0}\nfi\n",
      program.line(), functions, function_name(program));
}

}  // namespace gelombang
