// Turns the text of a command's --help into a manual page in roff.
#pragma once

#include "packaging/command_model.hpp"

#include <string>
#include <vector>

namespace gelombang {

struct ManualPage {
  std::string name;  // "gelombang-run"
  std::string text;
};

// One page for the program and one for each of its commands, as git does it. A command's page describes the commands
// below it.
std::vector<ManualPage> manual_pages(const CommandText& program, const std::string& version, const std::string& date);

}  // namespace gelombang
