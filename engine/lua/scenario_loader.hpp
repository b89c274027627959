// From a scenario's file to a scenario as data.
#pragma once

#include "base/result.hpp"
#include "engine/scenario/scenario.hpp"
#include "engine/scenario/watch_file.hpp"

#include <string>

namespace gelombang {

class PhotoStore;

// Loads and checks a scenario file. Its photos are drawn into `photos`. The Error begins with file and line if Lua
// knows them.
Result<Scenario> load_scenario(const std::string& path, const ScenarioSettings& settings, PhotoStore& photos);
// Likewise a watch file.
Result<WatchFile> load_watch(const std::string& path, const ScenarioSettings& settings);

}  // namespace gelombang
