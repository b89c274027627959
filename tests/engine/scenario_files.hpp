// Scenario files that a test writes and loads.
#pragma once

#include "engine/people/photo_store.hpp"
#include "engine/scenario/scenario.hpp"
#include "tests/support/child_process.hpp"

#include <string>

namespace gelombang::test {

class ScenarioFiles {
 public:
  ScenarioFiles();

  // A file beside the scenario; `name` may hold directories.
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  Result<Scenario> load(const std::string& name = "scenario.lua");
  // The scenario of a text that must load.
  Scenario must_load(const std::string& text);
  // The message of a text that must not load, the directory's name taken out. Fails the test where the message
  // points into the API's own code.
  std::string error_of(const std::string& text);
  std::string error_of_file(const std::string& name = "scenario.lua");

  ScenarioSettings settings;

 private:
  TemporaryDirectory directory_;
  PhotoStore photos_;
};

}  // namespace gelombang::test
