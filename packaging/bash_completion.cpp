#include "packaging/completion.hpp"

#include <fmt/format.h>

namespace gelombang {
namespace {

// Bash passes "--name=value" as three words. The words before the cursor tell which command it is, and whether an
// option waits for its value. A value is a file name, unless the option has a list of choices.
constexpr std::string_view kBody = R"BASH(
@@() {
  local current=${COMP_WORDS[COMP_CWORD]} command=% waiting= word i
  local commands options valued files choices
  COMPREPLY=()
  @@_takes "$command"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $waiting ]]; then
      [[ $word == = ]] || waiting=
    elif [[ $word == -* ]]; then
      [[ " $valued " != *" $word "* ]] || waiting=$word
    elif [[ " $commands " == *" $word "* ]]; then
      command+=" $word"
      @@_takes "$command"
    fi
  done
  [[ $current != = ]] || current=
  if [[ -n $waiting ]]; then
    @@_choices "$command $waiting"
    if [[ -n $choices ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
      return
    fi
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  elif [[ -n $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    return
  elif [[ -z $files ]]; then
    return
  fi
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

complete -F @@ %
)BASH";

std::string replaced(std::string_view text, std::string_view what, const std::string& with) {
  std::string result;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    result += std::string(text.substr(0, at)) + with;
    text.remove_prefix(at + what.size());
  }
  return result + std::string(text);
}

std::string takes(const CommandText& command) {
  std::string commands;
  for (const CommandText& below : command.commands) commands += (commands.empty() ? "" : " ") + below.words.back();
  std::string options;
  std::string valued;
  for (const OptionText& option : command.all_options()) {
    for (const std::string& name : option.names) {
      options += (options.empty() ? "" : " ") + name;
      if (!option.flag) valued += (valued.empty() ? "" : " ") + name;
    }
  }
  return fmt::format("    {})\n      commands={}\n      options={}\n      valued={}\n      files={}\n      ;;\n",
                     quoted(command.line()), quoted(commands), quoted(options), quoted(valued),
                     command.arguments.empty() ? "" : "yes");
}

std::string choices(const CommandText& command) {
  std::string text;
  for (const OptionText& option : command.all_options()) {
    for (const std::string& name : option.names) {
      if (option.choices.empty()) continue;
      text += fmt::format("    {}) choices={} ;;\n", quoted(command.line() + " " + name),
                          quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    }
  }
  return text;
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  std::string all_takes;
  std::string all_choices;
  for (const CommandText* command : every_command(program)) {
    all_takes += takes(*command);
    all_choices += choices(*command);
  }
  const std::string function = function_name(program);
  return fmt::format(
             "# Completion of {0} for bash, made when it was built.\n\n{1}_takes() {{\n  case $1 in\n{2}  esac\n}}\n\n"
             "{1}_choices() {{\n  choices=\n  case $1 in\n{3}    *) ;;\n  esac\n}}\n",
             program.line(), function, all_takes, all_choices) +
         replaced(replaced(kBody, "@@", function), "%", program.line());
}

}  // namespace gelombang
