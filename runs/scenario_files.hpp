// Where the shipped scenarios are: beside the sources of a build, or in the installed data directory.
#pragma once

#include <string>
#include <vector>

namespace gelombang {

// Directories that exist, in the order in which they are searched.
std::vector<std::string> shipped_scenario_directories();
// The path as given if there is such a file, else the shipped scenario of that name ("login.lua"), else
// the path as given.
std::string find_scenario(const std::string& path);

}  // namespace gelombang
