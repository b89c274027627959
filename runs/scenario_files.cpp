#include "runs/scenario_files.hpp"

#include <filesystem>
#include <system_error>

namespace gelombang {

namespace fs = std::filesystem;

std::vector<std::string> shipped_scenario_directories() {
  std::error_code failure;
  const fs::path program = fs::read_symlink("/proc/self/exe", failure).parent_path();
  std::vector<std::string> found;
  // <prefix>/bin and <prefix>/share/gelombang/scenarios; <sources>/build/<preset> and <sources>/scenarios.
  for (const char* relative : {"../share/gelombang/scenarios", "../../scenarios"}) {
    const fs::path directory = (program / relative).lexically_normal();
    // Only the first: from ~/.local/bin, the second would be a folder of the user's own.
    if (found.empty() && fs::is_directory(directory, failure)) found.push_back(directory.string());
  }
  return found;
}

std::string find_scenario(const std::string& path) {
  std::error_code failure;
  if (fs::exists(path, failure)) return path;
  std::string name = path;
  if (name.rfind("scenarios/", 0) == 0) name.erase(0, 10);
  for (const std::string& directory : shipped_scenario_directories()) {
    const fs::path candidate = fs::path(directory) / name;
    if (fs::is_regular_file(candidate, failure)) return candidate.string();
  }
  return path;
}

}  // namespace gelombang
