#include "packaging/command_model.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace gelombang {
namespace {

// CLI11 keeps the values that a validator allows only inside the type's name: "TEXT:{csv,openmetrics}".
std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t open = type.find(":{");
  if (open == std::string::npos || type.back() != '}') return {};
  return CLI::detail::split(type.substr(open + 2, type.size() - open - 3), ',');
}

std::string without_blank(std::string text) {
  if (!text.empty() && text.front() == ' ') text.erase(0, 1);
  return text;
}

OptionText option_text(const CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  text.takes = without_blank(CLI::Formatter().make_option_opts(&option));
  text.description = option.get_description();
  text.flag = option.get_items_expected_max() == 0;
  text.choices = text.flag ? std::vector<std::string>() : choices_in(option.get_type_name());
  text.repeats = option.get_multi_option_policy() != CLI::MultiOptionPolicy::Throw || option.get_expected_max() > 1;
  return text;
}

// Each command has its own --help, and only the program has a --version.
bool is_passed_on(const CLI::App& app, const CLI::Option& option) {
  return &option != app.get_help_ptr() && option.get_name() != "--version";
}

CommandText described(const CLI::App& app, std::vector<std::string> words, std::vector<OptionText> inherited) {
  CommandText text;
  text.words = std::move(words);
  text.description = app.get_description();
  text.footer = app.get_footer();
  text.inherited = std::move(inherited);
  std::vector<OptionText> passed_on = text.inherited;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    if (!option->nonpositional()) {
      text.arguments.push_back({option->get_name(true), without_blank(CLI::Formatter().make_option_opts(option)),
                                option->get_description()});
      continue;
    }
    text.options.push_back(option_text(*option));
    if (app.get_fallthrough() && is_passed_on(app, *option)) passed_on.push_back(text.options.back());
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    std::vector<std::string> longer = text.words;
    longer.push_back(sub->get_name());
    text.commands.push_back(described(*sub, std::move(longer), passed_on));
  }
  return text;
}

}  // namespace

std::vector<OptionText> CommandText::all_options() const {
  std::vector<OptionText> all = options;
  all.insert(all.end(), inherited.begin(), inherited.end());
  return all;
}

std::string CommandText::line() const { return joined(' '); }

std::string CommandText::joined(char with) const {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(1, with)) + word;
  return text;
}

CommandText command_text(const CLI::App& program, const std::string& name) { return described(program, {name}, {}); }

std::vector<const CommandText*> every_command(const CommandText& command) {
  std::vector<const CommandText*> all = {&command};
  for (const CommandText& below : command.commands) {
    for (const CommandText* one : every_command(below)) all.push_back(one);
  }
  return all;
}

}  // namespace gelombang
