// Everything that decides what a load run does, from the command line and the scenario together.
#pragma once

#include "base/clock.hpp"
#include "engine/load/catch_up.hpp"
#include "engine/load/load.hpp"
#include "engine/scenario/scenario.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

struct RunPlan {
  std::string scenario_path;
  ScenarioSettings settings;  // holds target and seed
  Load load;                  // scaled and sped up
  Segment segment;
  CatchUp catch_up = CatchUp::capped;  // open loads: what to do after a stall of the generator
  std::uint64_t threads = 1;
  std::uint64_t max_users = 1;        // of the whole process
  std::uint64_t max_connections = 1;  // of a worker: the limit of descriptors
  Duration graceful_stop = std::chrono::seconds(30);
  std::string user_agent;
  bool verify_certificates = true;
  std::string ca_file;
  bool keep_details = false;         // single requests and dimensions, for the history
  std::vector<std::string> resolve;  // "host:port:address": look-ups pinned for the run
};

// A load with its rates, or its users and iterations, multiplied.
Load scaled(const Load& load, double factor);
// An open load with its times divided: the same arrivals, sooner.
Load sped_up(const Load& load, double factor);

}  // namespace gelombang
