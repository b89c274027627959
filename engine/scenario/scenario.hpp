// A scenario as data: what its Lua file declared. Loading sends nothing.
#pragma once

#include "base/result.hpp"
#include "engine/load/catch_up.hpp"
#include "engine/load/load.hpp"
#include "engine/people/behaviour.hpp"
#include "engine/people/feeder.hpp"
#include "engine/privacy/digit_guard.hpp"
#include "metrics/catalog.hpp"
#include "probes/http/network_link.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gelombang {

struct Journey {
  std::string name;
  double weight = 1;
  Duration lasts{};  // one pass, pauses included, as the scenario says; 0: not said
  std::optional<Feed> people;
  std::optional<Behaviour> behaviour;
};

// The access network of some of the people.
struct Network {
  NetworkProfile profile;
  double weight = 1;
};

// The part of an answer that names the server behind the load balancer.
struct BackEndMark {
  enum class Kind : std::uint8_t { header, cookie };
  Kind kind = Kind::header;
  std::string name;  // in lower case if it is a header
};

struct Scenario {
  std::string path;
  std::string name;  // the file's name without directory and extension
  std::string description;
  std::vector<Journey> journeys;  // in the order of Catalog::journeys: by name
  Catalog catalog;
  std::vector<Load> loads;  // by name
  std::vector<std::string> thresholds;
  std::vector<DigitGuard> guards;
  CatchUp catch_up = CatchUp::capped;  // of its open loads
  std::optional<BackEndMark> back_end;
  std::set<std::string> settings_asked;  // the keys of --set that the file asked for while it was loaded
  Duration longest_mail_wait{};          // give_up_after as written in the file; 0 if it waits for no mail
  std::vector<Network> networks;         // in the order of Catalog::networks; empty: no networks are simulated

  // The journey that an iteration plays: a function of (seed, iteration).
  [[nodiscard]] JourneyId journey_of(std::uint64_t seed, std::uint64_t iteration) const noexcept;
  // The network of its person, likewise; nullopt if no networks are simulated.
  [[nodiscard]] std::optional<NetworkId> network_of(std::uint64_t seed, std::uint64_t iteration) const noexcept;
  // Null if the journey's people try once and wait for ever.
  [[nodiscard]] const Behaviour* behaviour_of(JourneyId journey) const noexcept;
  [[nodiscard]] const Feed* feed_of(JourneyId journey) const noexcept;
};

// What a scenario may read while it loads and runs, besides its own files.
struct ScenarioSettings {
  std::string target;  // base URL without a trailing slash
  std::uint64_t seed = 0;
  std::map<std::string, std::string> values;   // --set
  std::map<std::string, std::string> secrets;  // --set-secret; may be sent, never shown
  std::vector<std::string> library_paths;      // where require() searches, after the scenario's own directory
};

}  // namespace gelombang
