#include "engine/lua/scenario_loader.hpp"

#include "engine/lua/vm.hpp"
#include "engine/people/photo_store.hpp"
#include "engine/privacy/redactor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang {

namespace {

// All texts of a scenario that may be shown.
std::vector<std::string> words_of(const Scenario& scenario) {
  std::vector<std::string> words = scenario.thresholds;
  words.push_back(scenario.description);
  for (const Journey& journey : scenario.journeys) {
    words.push_back(journey.name);
    if (journey.behaviour) words.push_back(journey.behaviour->name);
  }
  for (const Catalog::Step& step : scenario.catalog.steps) words.push_back(step.name);
  for (const Network& network : scenario.networks) words.push_back(network.profile.name);
  for (const Load& load : scenario.loads) {
    words.push_back(load.name);
    for (const LoadPhase& phase : load.phases) words.push_back(phase.name);
  }
  return words;
}

}  // namespace

Result<WatchFile> load_watch(const std::string& path, const ScenarioSettings& settings) {
  PhotoStore photos;
  LuaVm vm(settings, photos);
  auto file = vm.load_watch(path);
  Redactor secrets;
  for (const auto& [key, value] : settings.secrets) secrets.add(value);
  if (!file) return Error{secrets.redact(file.error().message)};
  const auto tells = [&secrets](const std::string& word) { return secrets.redact(word) != Redactor().redact(word); };
  std::vector<std::string> words = file->locations;
  words.push_back(file->location);
  for (const auto& entry : file->calendar) words.push_back(entry.text);
  for (const auto& monitor : file->monitors) words.insert(words.end(), {monitor.name, monitor.title, monitor.url});
  if (!settings.secrets.empty() && std::any_of(words.begin(), words.end(), tells)) {
    return Error{
        fmt::format("{}: a name, title, url or text holds the value of a --set-secret, and would show it", path)};
  }
  return file;
}

Result<Scenario> load_scenario(const std::string& path, const ScenarioSettings& settings, PhotoStore& photos) {
  LuaVm vm(settings, photos);
  auto scenario = vm.load(path);
  Redactor secrets;
  for (const auto& [key, value] : settings.secrets) secrets.add(value);
  if (!scenario) return Error{secrets.redact(scenario.error().message)};
  const auto tells = [&secrets](const std::string& word) { return secrets.redact(word) != Redactor().redact(word); };
  const std::vector<std::string> words = words_of(*scenario);
  if (!settings.secrets.empty() && std::any_of(words.begin(), words.end(), tells)) {
    return Error{
        fmt::format("{}: a name, description or threshold holds the value of a --set-secret, and would show it", path)};
  }
  return scenario;
}

}  // namespace gelombang
