#include "engine/scenario.hpp"

#include "base/random.hpp"
#include "engine/lua_vm.hpp"
#include "engine/redactor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang {

namespace {

// What is shown of it.
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

// Which of the weighted ones lies at `point` of [0, 1).
template <class List>
std::uint32_t at_share(const List& list, double point) noexcept {
  double total = 0;
  for (const auto& one : list) total += one.weight;
  point *= total;
  for (std::uint32_t i = 0; i + 1 < list.size(); ++i) {
    point -= list[i].weight;
    if (point < 0) return i;
  }
  return static_cast<std::uint32_t>(list.size() - 1);
}

}  // namespace

JourneyId Scenario::journey_of(std::uint64_t seed, std::uint64_t iteration) const noexcept {
  if (journeys.size() == 1) return 0;
  return at_share(journeys, RandomStream(seed, RandomPurpose::journey, iteration).uniform());
}

std::optional<NetworkId> Scenario::network_of(std::uint64_t seed, std::uint64_t iteration) const noexcept {
  if (networks.empty()) return std::nullopt;
  return at_share(networks, RandomStream(seed, RandomPurpose::network, iteration).uniform());
}

const Behaviour* Scenario::behaviour_of(JourneyId journey) const noexcept {
  return journeys[journey].behaviour ? &*journeys[journey].behaviour : nullptr;
}

const Feed* Scenario::feed_of(JourneyId journey) const noexcept {
  return journeys[journey].people ? &*journeys[journey].people : nullptr;
}

Result<Scenario> load_scenario(const std::string& path, const ScenarioSettings& settings, PhotoStore& photos) {
  LuaVm vm(settings, photos);
  auto scenario = vm.load(path);
  Redactor secrets;
  for (const auto& [key, value] : settings.secrets) secrets.add(value);
  if (scenario.has_error()) return Error{secrets.redact(scenario.error().message)};
  const auto tells = [&secrets](const std::string& word) { return secrets.redact(word) != Redactor().redact(word); };
  const std::vector<std::string> words = words_of(scenario.value());
  if (!settings.secrets.empty() && std::any_of(words.begin(), words.end(), tells)) {
    return Error{
        fmt::format("{}: a name, description or threshold holds the value of a --set-secret, and would show it", path)};
  }
  return scenario;
}

}  // namespace gelombang
