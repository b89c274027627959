// One thread of a load run: its share of the arrivals or users, one event loop, one Lua state, one
// HTTP client, one recorder. Nothing here is shared with other workers but counters.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/arrivals.hpp"
#include "engine/loop_watch.hpp"
#include "engine/lua/user_places.hpp"
#include "engine/scenario/run_plan.hpp"
#include "engine/virtual_user.hpp"
#include "metrics/user_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace gelombang {

class PhotoStore;

// What all workers of a run share.
struct SharedCounters {
  UserPlaces places;
  std::array<std::atomic<std::int64_t>, kUserStateNames.size()> users{};  // by UserState
  std::atomic<bool> feed_ran_dry{false};
  std::atomic<bool> target_answered{false};  // any request, with any status
  std::atomic<bool> worker_failed{false};
};

struct WorkerDependencies {
  const RunPlan& plan;
  const Scenario& scenario;
  const Clock& clock;
  SocketGuard& guard;
  MailWatcher* mail = nullptr;
  PhotoStore& photos;
  std::shared_ptr<const MetricsLayout> layout;
  SharedCounters& counters;
};

class Worker {
 public:
  Worker(const WorkerDependencies& dependencies, Share share);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Loads the scenario into this worker's Lua state; call before start().
  Result<void> prepare();
  // Starts the thread. Arrivals are due from `epoch` on.
  void start(TimePoint epoch);
  // From any thread: no new iterations; what is under way goes on.
  void stop_arrivals();
  // From any thread: changes the arrivals that are to come. Of an open load.
  void steer(const Steering& change);
  // From any thread: ends everything that is under way. Implies stop_arrivals().
  void interrupt();
  // Whether the last iteration is over and none will follow.
  [[nodiscard]] bool finished() const noexcept { return finished_.load(); }
  void join();
  // From any thread.
  Recorder& recorder() noexcept { return recorder_; }
  [[nodiscard]] const WorkerHealth& health() const noexcept { return health_; }
  // From any thread: has this worker's thread do something else, such as nothing for a while, as a stall of the machine
  // would. An exception ends the worker.
  void post(std::function<void()> work);

 private:
  void run();
  void give_up();
  void watch();
  void on_pacing();
  void await_arrival();
  void start_arrival(const Arrival& arrival);
  void drop(const Arrival& arrival, DropReason reason);
  void drop_backlog();
  void start_closed_users();
  void next_closed_iteration(VirtualUser& user);
  VirtualUser* take_user();
  VirtualUser& add_user();
  bool begin(VirtualUser& user, std::uint64_t index, TimePoint intended);
  void on_user_finished(VirtualUser& user);
  void check_finished();
  [[nodiscard]] std::uint64_t closed_index(const VirtualUser& user) const noexcept;

  WorkerDependencies shared_;
  Share share_;
  boost::asio::io_context io_;
  Recorder recorder_;
  LuaVm vm_;
  std::uint64_t most_users_;  // of the process: what is allowed, and what has a descriptor
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<UserContext> context_;
  std::vector<std::unique_ptr<VirtualUser>> users_;
  std::vector<VirtualUser*> free_users_;
  std::uint64_t busy_users_ = 0;
  std::uint64_t closed_users_left_ = 0;  // closed loads: users that will start again

  WorkerHealth health_;
  LoopWatch loop_watch_{health_};
  boost::asio::steady_timer watch_timer_;
  boost::asio::steady_timer pacing_timer_;
  std::optional<Pacer> pacer_;
  TimePoint next_look_ = TimePoint::max();  // at the pacer; max: when something changes
  TimePoint end_{};                         // of arrivals; closed loads: no iteration starts after it
  bool arrivals_over_ = false;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace gelombang
