// The command line of `gelombang run` and `gelombang check`, and how it becomes a plan. Where a flag and
// the scenario both say something, the flag wins.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "engine/people/photo_store.hpp"
#include "engine/scenario/host_limits.hpp"
#include "engine/scenario/run_plan.hpp"
#include "engine/scenario/scenario.hpp"
#include "metrics/layout.hpp"
#include "metrics/thresholds/threshold.hpp"
#include "runs/target_url.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// As given, before anything is checked.
struct RunOptions {
  std::string scenario;
  std::string target;
  std::string load;
  std::string rate;
  std::string duration;
  std::optional<std::uint64_t> users;
  std::optional<std::uint64_t> iterations;
  std::string scale = "1";
  std::string speed = "1";
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> threads;
  std::vector<std::string> settings;
  std::vector<std::string> secrets;
  std::vector<std::string> thresholds;
  std::optional<std::uint64_t> max_users;
  std::string segment = "1/1";
  std::string catch_up;  // empty: as the scenario says
  std::string graceful_stop = "30s";
  std::string contact;
  std::string ca_file;
  bool insecure = false;
  bool allow_private_network = false;
};

// Adds what `run` and `check` share.
void add_plan_options(CLI::App& command, RunOptions& options);
// The part of them that does not say what the load is, nor what it is judged by.
void add_scenario_options(CLI::App& command, RunOptions& options);

// Seeds are below the largest whole number that scripts may use, 1e15.
inline constexpr std::uint64_t kSeedMask = (std::uint64_t{1} << 49) - 1;
std::uint64_t random_seed();

// What is known before anything is sent.
struct PreparedRun {
  RunPlan plan;
  Scenario scenario;  // its loads, for `check`, as they would be played
  std::vector<Threshold> thresholds;
  std::shared_ptr<const MetricsLayout> layout;
  std::optional<TargetUrl> target;
  HostLimits limits;
  bool users_chosen = false;             // plan.max_users is the user's wish
  std::optional<std::uint64_t> planned;  // arrivals of this segment, where they have been drawn
  std::unique_ptr<PhotoStore> photos;
  std::string asked;  // the Prometheus that was asked for the load; empty: none
};

// Which recordings are read. Only the load that is played asks a Prometheus, so that a scenario sends one query however
// many loads it has.
// played: that of the load that is played. files: of every load, where they are files. fetched: both.
enum class Recordings : std::uint8_t { played, files, fetched };

// Loads the scenario, picks the load, reads what it replays and checks everything that can be checked without sending.
// A load that was not read keeps its source, and has no arrivals.
Result<PreparedRun> prepare_run(const RunOptions& options, Recordings recordings = Recordings::played);

}  // namespace gelombang
