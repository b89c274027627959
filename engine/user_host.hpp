// A thread that runs virtual users: one event loop, one Lua state, one HTTP client, one recorder. It plays the
// iterations that its owner begins, reports how each one ended, and measures its own stalls. The owner decides when an
// iteration begins: a Worker follows a schedule of arrivals, a watch would follow a clock. Hosts share only counters.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/arrivals.hpp"
#include "engine/scenario/run_plan.hpp"
#include "engine/stall_detector.hpp"
#include "engine/virtual_user.hpp"
#include "metrics/user_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace gelombang {

class PhotoStore;

// Counters that all hosts of a run share.
struct HostCounters {
  std::array<std::atomic<std::int64_t>, kUserStateNames.size()> users{};  // by UserState
  std::atomic<bool> target_answered{false};                               // any request, with any status
  std::atomic<bool> host_failed{false};
};

class UserHost {
 public:
  struct Dependencies {
    const RunPlan& plan;
    const Scenario& scenario;
    const Clock& clock;
    SocketGuard& guard;
    Mailbox* mail = nullptr;
    PhotoStore& photos;
    std::shared_ptr<const MetricsLayout> layout;
    HostCounters& counters;
  };
  // Callbacks to the owner, on the host's thread.
  struct Owner {
    // The user is free again. Called from within begin() if the iteration waits for nothing.
    std::function<void(VirtualUser&, const PersonSample&)> finished;
    // Called after each socket's turn, so that due work need not wait for many sockets.
    std::function<void()> after_turn;
    // The event loop threw an exception, most likely because memory ran out. Begin nothing more.
    std::function<void()> failed;
  };

  // `share` says which part of the run's details this host may keep.
  UserHost(const Dependencies& dependencies, const Share& share, Owner owner);
  ~UserHost();
  UserHost(const UserHost&) = delete;
  UserHost& operator=(const UserHost&) = delete;

  // Loads the scenario into the Lua state; call before start().
  Result<void> prepare();
  // Starts the thread. Stalls are measured from `epoch` on.
  void start(TimePoint epoch);

  // From any thread:
  // Runs `work` on the host's thread. An exception ends the host.
  void post(std::function<void()> work);
  [[nodiscard]] bool finished() const noexcept { return finished_.load(); }
  // True until the thread is joined.
  [[nodiscard]] bool running() const noexcept { return thread_.joinable(); }
  void join();
  Recorder& recorder() noexcept { return recorder_; }
  [[nodiscard]] const WorkerHealth& health() const noexcept { return health_; }

  // On the host's thread, or before start():
  boost::asio::io_context& io() noexcept { return io_; }
  VirtualUser& add_user();
  [[nodiscard]] const std::vector<std::unique_ptr<VirtualUser>>& users() const noexcept { return users_; }
  [[nodiscard]] std::uint64_t busy_users() const noexcept { return busy_users_; }
  // Begins iteration `index`. Begins nothing and returns false if its journey's feed has no row for it.
  bool begin(VirtualUser& user, std::uint64_t index, TimePoint intended);
  // Nobody tries again at this time or later.
  void set_last_try(TimePoint at) noexcept { context_->last_try = at; }
  [[nodiscard]] TimePoint last_try() const noexcept { return context_->last_try; }
  void stop_retrying();
  // Interrupts all iterations. Owner::finished follows for each, now or later.
  void interrupt_users();
  // Ends the event loop and with it the thread.
  void stop();
  // For the health figures that only the owner knows.
  [[nodiscard]] WorkerHealth& own_health() noexcept { return health_; }

 private:
  void run();
  void end_after_fault();
  void await_beat();
  void on_user_finished(VirtualUser& user, const PersonSample& ended);

  Dependencies shared_;
  Owner owner_;
  boost::asio::io_context io_;
  Recorder recorder_;
  LuaVm vm_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<UserContext> context_;
  std::vector<std::unique_ptr<VirtualUser>> users_;
  std::uint64_t busy_users_ = 0;

  WorkerHealth health_;
  StallDetector stall_detector_{health_};
  boost::asio::steady_timer beat_timer_;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace gelombang
