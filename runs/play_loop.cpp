#include "runs/play_loop.hpp"

#include "base/say.hpp"
#include "metrics/exit_reason.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace gelombang {

using namespace std::chrono_literals;

PlayLoop::PlayLoop(const Clock& clock) : clock_(clock), signal_set_(io_), timer_(io_) {}

void PlayLoop::listen(std::string missing, std::function<void()> before_leaving) {
  missing_ = std::move(missing);
  before_leaving_ = std::move(before_leaving);
  signal_set_.add(SIGINT);
  signal_set_.add(SIGTERM);
  wait_for_signal();
}

void PlayLoop::wait_for_signal() {
  signal_set_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    on_signal();
    wait_for_signal();
  });
}

void PlayLoop::on_signal() {
  ++signals_;
  timer_.cancel();        // wakes whatever waits
  if (!playing_) return;  // only counted: the run waits for its start or is at its end
  const int stops = signals_ + (stop_asked_for_ ? 1 : 0);
  if (stops == 1) {
    playing_->stop();
  } else if (stops == 2) {
    playing_->interrupt();
  } else {
    if (before_leaving_) before_leaving_();
    say("gelombang: killed by the third signal, without {}\n", missing_);
    std::_Exit(static_cast<int>(ExitCause::stopped));
  }
}

// Only `turn` ends the loop, so no timer is left with a reference to a destroyed `turn`.
void PlayLoop::look_again_and_again(const Look& look) {
  io_.restart();
  std::function<void()> turn = [&] {
    const std::optional<TimePoint> next = look(clock_.now());
    if (!next) return io_.stop();
    timer_.expires_at(*next);
    timer_.async_wait([&turn](const boost::system::error_code&) { turn(); });
  };
  turn();
  io_.run();
}

void PlayLoop::play(const Play& play) {
  constexpr Duration kSecond = 1s;
  playing_ = &play;
  TimePoint next_second = play.epoch + kSecond;
  look_again_and_again([&](TimePoint now) -> std::optional<TimePoint> {
    const bool over = play.over(now);
    if (now >= next_second) {
      play.each_second(now);
      while (next_second <= now) next_second += kSecond;
    }
    if (over) return std::nullopt;
    const TimePoint next = std::min(now + play.patience, next_second);
    return play.next_moment ? std::min(next, play.next_moment()) : next;
  });
  playing_ = nullptr;
}

void PlayLoop::wait(Duration most, const std::function<bool()>& done) {
  constexpr Duration kLook = 50ms;
  const TimePoint until = clock_.now() + most;
  const int seen = signals_;
  look_again_and_again([&](TimePoint now) -> std::optional<TimePoint> {
    if ((done && done()) || now >= until || signals_ > seen) return std::nullopt;
    return std::min(now + kLook, until);
  });
}

}  // namespace gelombang
