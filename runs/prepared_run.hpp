// How a request and its scenario become a plan.
#pragma once

#include "base/result.hpp"
#include "engine/people/photo_store.hpp"
#include "engine/scenario/host_limits.hpp"
#include "engine/scenario/run_plan.hpp"
#include "engine/scenario/scenario.hpp"
#include "metrics/layout.hpp"
#include "metrics/thresholds/threshold.hpp"
#include "runs/run_request.hpp"
#include "runs/target_url.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

// Seeds are below the largest whole number that scripts may use, 1e15.
inline constexpr std::uint64_t kSeedMask = (std::uint64_t{1} << 49) - 1;
std::uint64_t random_seed();

// The settings and secrets of a request, for a scenario or a watch file. Reads the secrets' files.
Result<ScenarioSettings> read_settings(const RunRequest& request, const std::optional<TargetUrl>& target);

// What is known before the first request.
struct PreparedRun {
  RunPlan plan;
  Scenario scenario;  // `check` shows its loads as they would be played
  std::vector<Threshold> thresholds;
  std::shared_ptr<const MetricsLayout> layout;
  std::optional<TargetUrl> target;
  HostLimits limits;
  bool users_chosen = false;             // the user chose plan.max_users
  std::optional<std::uint64_t> planned;  // arrivals of this segment, if they have been drawn
  std::unique_ptr<PhotoStore> photos;
  std::string asked;  // the Prometheus asked for the load; empty: none
};

// Which recordings are read. Only the played load asks a Prometheus, so a scenario sends one query, however many loads
// it has.
// played: of the played load. files: of every load whose recording is a file. fetched: both.
enum class Recordings : std::uint8_t { played, files, fetched };

// Loads the scenario, picks the load, reads its recording and checks everything that needs no request. A load whose
// recording was not read keeps its source and has no arrivals.
Result<PreparedRun> prepare_run(const RunRequest& request, Recordings recordings = Recordings::played);

}  // namespace gelombang
