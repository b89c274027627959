// The closed list of journeys and steps of a run. It is known once the scenario is loaded, before anything is sent.
// Every label value and every series comes from this list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

using JourneyId = std::uint32_t;  // index into Catalog::journeys
using StepId = std::uint32_t;     // index into Catalog::steps: a (journey, step) pair
using NetworkId = std::uint32_t;  // index into Catalog::networks

struct Catalog {
  struct Step {
    JourneyId journey = 0;
    std::string name;  // unique within its journey
  };
  std::vector<std::string> journeys;
  std::vector<Step> steps;
  std::vector<std::string> networks{};  // profiles of people's access networks; may be empty
};

}  // namespace gelombang
