#include "engine/scenario/scenario.hpp"

#include "base/random.hpp"

namespace gelombang {

namespace {

// The index of the weighted element at `point` in [0, 1).
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

}  // namespace gelombang
