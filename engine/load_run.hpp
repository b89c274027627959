// A load run: its workers, from the first arrival to the last answer. Owned by the main thread, which
// calls tick() about once a second and reads the workers' figures.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/timetable.hpp"
#include "engine/people/photo_store.hpp"
#include "engine/worker.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace gelombang {

class LoadRun {
 public:
  static constexpr Duration kSteeringLead = std::chrono::milliseconds(50);
  static constexpr double kLeastFactor = 0.01;
  static constexpr double kMostFactor = 100;
  static constexpr Duration kSilence = std::chrono::seconds(2);
  static constexpr int kSilentTicks = 20;  // at least so many ticks: the process may have been suspended meanwhile

  struct Users {
    UsersByState by_state{};
    std::uint64_t active = 0;
    std::uint64_t most_active = 0;
  };

  // Loads the scenario into every worker. `mail` may be null. Everything passed by reference must outlive the run.
  static Result<std::unique_ptr<LoadRun>> prepare(RunPlan plan, Scenario scenario,
                                                  std::shared_ptr<const MetricsLayout> layout, const Clock& clock,
                                                  SocketGuard& guard, Mailbox* mail, PhotoStore& photos);
  ~LoadRun();

  // Starts the schedule. Call it when everything is set up.
  void start(TimePoint epoch);
  // Changes an open load. The change begins a little later than now, so that all workers know of it in time. Returns
  // the change with its start time, or an Error: the load is closed, the arrivals are over, or a factor or a time is
  // out of range.
  Result<Steering> steer(SteeringAction action, double factor, Duration to, TimePoint now);
  // No new arrivals. Running iterations may end within the graceful stop.
  void stop_arrivals(TimePoint now);
  void interrupt(TimePoint now);
  // Interrupts iterations that outlive the graceful stop. Returns true when the run is over.
  bool tick(TimePoint now);
  // Waits for the workers' threads, except those that are left behind.
  void join();
  // Workers whose event loop has not turned for kSilence since they were told to stop. Their script never returns, or a
  // Lua pattern runs for ever, and nothing can interrupt it. Their figures can still be read. Do not free anything that
  // they use, including this run: write the results, and end the process.
  [[nodiscard]] std::size_t left_behind() const noexcept;

  // The workers' recorders. Take what they have recorded.
  [[nodiscard]] std::vector<Recorder*> recorders() const;
  [[nodiscard]] Users users() const;
  // The health of each worker; valid as long as the run.
  [[nodiscard]] std::vector<const WorkerHealth*> health() const;
  // See Worker::post.
  void post_to_workers(const std::function<void()>& work);
  [[nodiscard]] bool feed_ran_dry() const { return counters_.feed_ran_dry; }
  // Whether any request got a status.
  [[nodiscard]] bool target_answered() const { return counters_.hosts.target_answered; }
  [[nodiscard]] bool worker_failed() const { return counters_.hosts.host_failed; }
  // Whether arrivals ended before the load did.
  [[nodiscard]] bool cut_short() const noexcept { return cut_short_; }
  [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }
  // TimePoint::max() while the load is paused.
  [[nodiscard]] TimePoint arrivals_end() const noexcept { return arrivals_end_; }
  // For open loads only.
  [[nodiscard]] const Timetable& timetable() const noexcept { return timetable_; }
  [[nodiscard]] const std::vector<Steering>& changes() const noexcept { return changes_; }
  [[nodiscard]] const RunPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }

 private:
  LoadRun(RunPlan plan, Scenario scenario);
  void listen(TimePoint now);

  RunPlan plan_;
  Scenario scenario_;
  Timetable timetable_;
  std::vector<Steering> changes_;
  SharedCounters counters_;
  std::vector<std::unique_ptr<Worker>> workers_;
  TimePoint epoch_{};
  TimePoint arrivals_end_{};
  bool interrupted_ = false;
  bool cut_short_ = false;
  struct Silence {
    std::int64_t heard = -1;  // the last value of WorkerHealth::observed
    TimePoint since{};
    int ticks = 0;
    bool for_good = false;
  };
  std::vector<Silence> silences_;  // one for each worker, once they are interrupted
};

}  // namespace gelombang
