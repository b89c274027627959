#include "tests/engine/scenario_files.hpp"

#include "engine/lua/scenario_loader.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>

namespace gelombang::test {

ScenarioFiles::ScenarioFiles() {
  settings.target = "http://127.0.0.1:1";
  settings.seed = 1;
}

void ScenarioFiles::write(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  write_file(path(name), text);
}

Result<Scenario> ScenarioFiles::load(const std::string& name) { return load_scenario(path(name), settings, photos_); }

Scenario ScenarioFiles::must_load(const std::string& text) {
  write("scenario.lua", text);
  auto scenario = load();
  if (scenario.has_error()) FAIL(scenario.error().message);
  return scenario.value();
}

std::string ScenarioFiles::error_of(const std::string& text) {
  write("scenario.lua", text);
  return error_of_file();
}

std::string ScenarioFiles::error_of_file(const std::string& name) {
  const auto scenario = load(name);
  if (scenario.has_value()) return "(no error)";
  std::string message = scenario.error().message;
  const std::string prefix = path("");
  for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
    message.erase(at, prefix.size());
  }
  CHECK(message.find("api:") == std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

}  // namespace gelombang::test
