// One worker of a load run: it begins its share of the arrivals, or keeps its share of a closed load's users playing,
// on a UserHost of its own, and counts the arrivals that no user could play.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/arrivals.hpp"
#include "engine/lua/user_places.hpp"
#include "engine/scenario/run_plan.hpp"
#include "engine/user_host.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gelombang {

// What all workers of a run share.
struct SharedCounters {
  UserPlaces places;
  HostCounters hosts;
  std::atomic<bool> feed_ran_dry{false};
};

class Worker {
 public:
  Worker(const UserHost::Dependencies& dependencies, SharedCounters& counters, Share share);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // See UserHost; call before start().
  Result<void> prepare() { return host_.prepare(); }
  // Starts the thread. Arrivals are due from `epoch` on.
  void start(TimePoint epoch);
  // From any thread: no new iterations; running ones go on.
  void stop_arrivals();
  // From any thread: changes the future arrivals of an open load.
  void steer(const Steering& change);
  // From any thread: interrupts all iterations. Implies stop_arrivals().
  void interrupt();
  // Whether the last iteration is over and none will follow.
  [[nodiscard]] bool finished() const noexcept { return host_.finished(); }
  void join() { host_.join(); }
  // From any thread.
  Recorder& recorder() noexcept { return host_.recorder(); }
  [[nodiscard]] const WorkerHealth& health() const noexcept { return host_.health(); }
  // From any thread: runs `work` on this worker's thread, for example a sleep that acts like a stall of the machine. An
  // exception ends the worker.
  void post(std::function<void()> work) { host_.post(std::move(work)); }

 private:
  void on_pacing();
  void await_arrival();
  void start_arrival(const Arrival& arrival);
  void drop(const Arrival& arrival, DropReason reason);
  void drop_backlog();
  // Ends the arrivals, and drops those that were due.
  void end_arrivals();
  void start_closed_users();
  void next_closed_iteration(VirtualUser& user);
  VirtualUser* take_user();
  void begin(VirtualUser& user, std::uint64_t index, TimePoint intended);
  void on_user_finished(VirtualUser& user);
  void check_finished();
  [[nodiscard]] std::uint64_t closed_index(const VirtualUser& user) const noexcept;

  UserHost::Dependencies shared_;
  SharedCounters& counters_;
  Share share_;
  UserHost host_;
  std::uint64_t most_users_;  // of the process: allowed, and within the descriptors
  std::vector<VirtualUser*> free_users_;
  std::uint64_t closed_users_left_ = 0;  // closed loads: users that will start again

  boost::asio::steady_timer pacing_timer_;
  std::optional<Pacer> pacer_;
  TimePoint next_look_ = TimePoint::max();  // when to ask the pacer again; max: after a change
  TimePoint end_{};                         // of arrivals; closed loads: no iteration starts after it
  bool arrivals_over_ = false;
};

}  // namespace gelombang
