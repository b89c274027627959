// The loop in which runs are played, one after the other: what time and what SIGINT and SIGTERM mean to them. The first
// signal ends the arrivals, the second cuts off what is under way, the third ends the process at once. One thread.
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
  // What is played, as far as time and signals concern it.
  struct Play {
    TimePoint epoch{};                                   // of its schedule
    std::function<bool(TimePoint)> over;                 // asked again and again
    std::function<void(TimePoint)> each_second;          // since `epoch`
    std::function<void()> stop;                          // the first signal
    std::function<void()> interrupt;                     // the second
    Duration patience = std::chrono::milliseconds(100);  // between two questions whether it is over, at most
    std::function<TimePoint()> next_moment;              // may be empty: when to ask whatever else
  };

  // `clock` outlives it, and goes as fast as timers do.
  explicit PlayLoop(const Clock& clock);

  // From here on SIGINT and SIGTERM are noted, and mean what they mean to what is played. `missing` is what does not
  // come where the process ends at once, such as "a summary"; `before_leaving` is called before.
  void listen(std::string missing, std::function<void()> before_leaving);
  // As of the last time that the loop went on.
  [[nodiscard]] int signals() const noexcept { return signals_; }
  // Arrivals were ended otherwise: the next signal is as a second one.
  void stop_was_asked_for() noexcept { stop_asked_for_ = true; }

  // Until it is over.
  void play(const Play& play);
  // Until `most` has passed, `done` holds (it may be empty), or a further signal came.
  void wait(Duration most, const std::function<bool()>& done = nullptr);

  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  // Runs in play() and wait(); what others post to it is done there.
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

 private:
  // Says when it wants to look again; nothing: no more.
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
