// The loop in which runs are played, one after the other, with their timers and signals. The first SIGINT or SIGTERM
// ends the arrivals, the second cuts off what is under way, the third ends the process at once. Single thread.
#pragma once

#include "base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace gelombang {

class PlayLoop {
 public:
  // The time and signal callbacks of what is played.
  struct Play {
    TimePoint epoch{};                                   // start of its schedule
    std::function<bool(TimePoint)> over;                 // called again and again
    std::function<void(TimePoint)> each_second;          // counted from `epoch`
    std::function<void()> stop;                          // on the first signal
    std::function<void()> interrupt;                     // on the second signal
    Duration patience = std::chrono::milliseconds(100);  // most time between two calls of `over`
    std::function<TimePoint()> next_moment;              // may be empty: when to call `over` next at the latest
  };

  // `clock` must outlive this object and run at the speed of the timers.
  explicit PlayLoop(const Clock& clock);

  // From here on, SIGINT and SIGTERM are counted and passed to what is played. `missing` names what is lost when the
  // process ends at once, such as "a summary". `before_leaving` is called before that.
  void listen(std::string missing, std::function<void()> before_leaving);
  // As of the last turn of the loop.
  [[nodiscard]] int signals() const noexcept { return signals_; }
  // Arrivals were ended in another way: the next signal counts as the second.
  void stop_was_asked_for() noexcept { stop_asked_for_ = true; }

  // Plays until `play.over` holds.
  void play(const Play& play);
  // Waits until `most` has passed, `done` holds (it may be empty), or another signal came.
  void wait(Duration most, const std::function<bool()>& done = nullptr);

  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  // Runs in play() and wait(). Handlers that others post to it run there.
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

 private:
  // Returns when to look again, or nothing to end.
  using Look = std::function<std::optional<TimePoint>(TimePoint)>;
  void look_again_and_again(const Look& look);
  void wait_for_signal();
  void on_signal();

  const Clock& clock_;
  boost::asio::io_context io_;
  boost::asio::signal_set signal_set_;
  boost::asio::steady_timer timer_;
  std::string missing_;
  std::function<void()> before_leaving_;
  const Play* playing_ = nullptr;
  int signals_ = 0;
  bool stop_asked_for_ = false;
};

}  // namespace gelombang
