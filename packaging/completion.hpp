// What a shell needs to complete a program's commands, long and short options, their fixed values, and file names.
#pragma once

#include "packaging/command_model.hpp"

#include <string>
#include <string_view>

namespace gelombang {

std::string bash_completion(const CommandText& program);
std::string zsh_completion(const CommandText& program);
std::string fish_completion(const CommandText& program);

// In single quotes. An inner quote becomes '\'', which works in all three shells.
std::string quoted(std::string_view text);
// The name of the command's shell function: "_gelombang_history_list".
std::string function_name(const CommandText& command);

}  // namespace gelombang
