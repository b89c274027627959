// Plays the probes of a search. Each probe is an ordinary run at a constant rate, with its own plan and seed, in the
// history and under /metrics. Handles signals as long as it lives, also in the pauses.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/terminal.hpp"
#include "capacity/probe.hpp"
#include "reports/summary.hpp"
#include "runs/play_loop.hpp"
#include "runs/played_run.hpp"
#include "runs/prepared_run.hpp"
#include "runs/progress.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::capacity {

struct ProberOptions {
  RunRequest run;                 // without rate, duration, seed and thresholds
  std::vector<std::string> slos;  // as written, each once
  std::string search;             // its id: the ids of its probes begin with it
  std::uint64_t seed = 0;         // of the search; the seeds of its probes follow from it
  Duration warm_up{};
};

// The seed of a probe: a pure function of both, no larger than scripts allow.
std::uint64_t probe_seed(std::uint64_t seed, std::size_t number) noexcept;

// The run for an order. The objectives replace the scenario's thresholds. Judging begins after the warm-up, unless an
// objective itself says `after`. Sends nothing.
struct ProbePlan {
  RunRequest request;
  PreparedRun run;
};
Result<ProbePlan> plan_probe(const ProberOptions& options, const ProbeOrder& order);

// Fills in what follows from a run's summary: verdict, why, rates, objectives. `cut_short`: why the run was ended
// early.
void judge_probe(ProbeResult& probe, const Summary& summary, const ProberOptions& options,
                 const std::optional<std::string>& cut_short);

class Prober {
 public:
  explicit Prober(ProberOptions options);

  ProbeResult play(const ProbeOrder& order, const SearchAnswer& known);
  // False if a signal came, now or before.
  bool pause(Duration length);
  // A script did not return: neither the prober nor the objects that it was made of may be destroyed.
  [[nodiscard]] bool left_behind() const noexcept { return left_behind_; }
  // The message if the history that the user named lacks a part of a probe.
  [[nodiscard]] const std::optional<std::string>& lost_history() const noexcept { return lost_history_; }

 private:
  void each_second(PlayedRun& run, TimePoint now);

  ProberOptions options_;
  SystemClock clock_;
  Terminal terminal_;
  Progress progress_;
  PlayLoop loop_;
  bool left_behind_ = false;
  std::optional<std::string> lost_history_;
};

}  // namespace gelombang::capacity
