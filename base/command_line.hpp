// What the command lines of both programs have in common, on top of CLI11.
#pragma once

#include "base/units.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace gelombang {

// An option that takes a whole number. CLI11's own reading takes 010 for eight and -1 for a huge number, so no option
// is bound to a number by add_option.
template <typename Number>
CLI::Option* add_number_option(CLI::App& app, const std::string& name, Number& to, const std::string& help,
                               std::uint64_t least = 0,
                               std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
  const auto read = [&to, name, least, most](const CLI::results_t& given) {
    const auto number = parse_whole_number(given.front());
    if (!number) throw CLI::ValidationError(name, number.error().message);
    if (*number < least || *number > most) {
      throw CLI::ValidationError(name, fmt::format("{} is not in the range from {} to {}", *number, least, most));
    }
    to = static_cast<Number>(*number);
    return true;
  };
  const bool limited = least > 0 || most < std::numeric_limits<std::uint64_t>::max();
  CLI::Option* option = app.add_option(name, read, help);
  option->type_name(limited ? fmt::format("UINT in [{} - {}]", least, most) : "UINT");
  if constexpr (std::is_arithmetic_v<Number>) option->default_function([&to] { return fmt::format("{}", to); });
  return option;
}

// Whether that is a long option of the program or of one of its commands; without its dashes.
inline bool knows_option(const CLI::App& app, std::string_view name) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->check_lname(std::string(name))) return true;
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (knows_option(*command, name)) return true;
  }
  return false;
}

// The first option that is written with an equals sign and nothing behind it, such as --load=$LOAD without LOAD: CLI11
// would take the next word for its value. Nothing where there is none.
inline std::optional<std::string> option_left_empty(const CLI::App& app, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word.size() < 4 || !word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    if (knows_option(app, word.substr(2, word.size() - 3))) return std::string(word.substr(0, word.size() - 1));
  }
  return std::nullopt;
}

}  // namespace gelombang
