// A command as a manual page in roff, from the text of its --help.
#pragma once

#include "packaging/command_model.hpp"

#include <string>
#include <vector>

namespace gelombang {

struct ManualPage {
  std::string name;  // "gelombang-run"
  std::string text;
};

// A page for the program and one for each of its commands, as git has them; commands of commands stand in theirs.
std::vector<ManualPage> manual_pages(const CommandText& program, const std::string& version, const std::string& date);

}  // namespace gelombang
