// What a shell needs to complete a program's commands, long and short options, their fixed values, and file names.
#pragma once

#include "packaging/command_model.hpp"

#include <string>
#include <string_view>

namespace gelombang {

std::string bash_completion(const CommandText& program);
std::string zsh_completion(const CommandText& program);
std::string fish_completion(const CommandText& program);

// In single quotes, which all three shells close for one.
std::string quoted(std::string_view text);
// "_gelombang_history_list": a name for a function.
std::string function_name(const CommandText& command);

}  // namespace gelombang
