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

  // Writes a file beside the scenario. `name` may contain directories.
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.file(name); }
  Result<Scenario> load(const std::string& name = "scenario.lua");
  // Loads a text that must be valid.
  Scenario must_load(const std::string& text);
  // The error message of a text that must not load, without the directory's name. Fails the test if the message points
  // into the API's own code.
  std::string error_of(const std::string& text);
  std::string error_of_file(const std::string& name = "scenario.lua");

  ScenarioSettings settings;

 private:
  TemporaryDirectory directory_;
  PhotoStore photos_;
};

}  // namespace gelombang::test
