#include "engine/scenario.hpp"

#include "base/random.hpp"
#include "engine/lua_vm.hpp"

namespace gelombang {

JourneyId Scenario::journey_of(std::uint64_t seed, std::uint64_t iteration) const noexcept {
  if (journeys.size() == 1) return 0;
  double total = 0;
  for (const Journey& journey : journeys) total += journey.weight;
  double point = RandomStream(seed, RandomPurpose::journey, iteration).uniform() * total;
  for (JourneyId id = 0; id + 1 < journeys.size(); ++id) {
    point -= journeys[id].weight;
    if (point < 0) return id;
  }
  return static_cast<JourneyId>(journeys.size() - 1);
}

const Behaviour* Scenario::behaviour_of(JourneyId journey) const noexcept {
  return journeys[journey].behaviour ? &*journeys[journey].behaviour : nullptr;
}

const Feed* Scenario::feed_of(JourneyId journey) const noexcept {
  return journeys[journey].people ? &*journeys[journey].people : nullptr;
}

Result<Scenario> load_scenario(const std::string& path, const ScenarioSettings& settings, PhotoStore& photos) {
  LuaVm vm(settings, photos);
  return vm.load(path);
}

}  // namespace gelombang
