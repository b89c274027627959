#include "runs/play_loop.hpp"

#include "tests/support/catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

// Records the calls of the loop. It is over after an interrupt.
struct Noted {
  Noted() {
    play.epoch = clock.now();
    play.patience = 1ms;
    play.over = [this](TimePoint) { return is_over; };
    play.each_second = [this](TimePoint now) { seconds.push_back(now - play.epoch); };
    play.stop = [this] { said += "stop "; };
    play.interrupt = [this] {
      said += "interrupt ";
      is_over = true;
    };
  }
  // Raises a signal at the first call, and another one each time the loop has noticed the last one.
  void signal_until_over(PlayLoop& loop) {
    play.over = [this, &loop](TimePoint) {
      if (loop.signals() == raised && !is_over) {
        ++raised;
        std::raise(raised % 2 == 1 ? SIGINT : SIGTERM);
      }
      return is_over;
    };
  }

  SystemClock clock;
  PlayLoop::Play play;
  std::string said;
  std::vector<Duration> seconds;
  int raised = 0;
  bool is_over = false;
};

}  // namespace

TEST_CASE("play loop: the first signal stops, and the second interrupts", "[unit]") {
  Noted noted;
  PlayLoop loop(noted.clock);
  loop.listen("a result", nullptr);
  noted.signal_until_over(loop);
  loop.play(noted.play);
  CHECK(noted.said == "stop interrupt ");
  CHECK(loop.signals() == 2);
}

TEST_CASE("play loop: after a stop that was asked for otherwise the first signal interrupts", "[unit]") {
  Noted noted;
  PlayLoop loop(noted.clock);
  loop.listen("a result", nullptr);
  loop.stop_was_asked_for();
  noted.signal_until_over(loop);
  loop.play(noted.play);
  CHECK(noted.said == "interrupt ");
}

TEST_CASE("play loop: the third signal ends the process with 105, and what is lost is said", "[unit]") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    Noted noted;
    PlayLoop loop(noted.clock);
    loop.listen("a result", [] { static_cast<void>(::write(STDERR_FILENO, "leaving\n", 8) == 8); });
    noted.play.interrupt = [] {};
    noted.signal_until_over(loop);
    loop.play(noted.play);
    _exit(1);
  }
  close(ends[1]);
  std::string text(200, '\0');
  std::size_t got = 0;
  for (ssize_t n = 0; (n = read(ends[0], text.data() + got, text.size() - got)) > 0;)
    got += static_cast<std::size_t>(n);
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(text.substr(0, got) == "leaving\ngelombang: killed by the third signal, without a result\n");
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 105);
}

TEST_CASE("play loop: a signal ends what is waited for, and is only counted there", "[unit]") {
  Noted noted;
  PlayLoop loop(noted.clock);
  loop.listen("a result", nullptr);
  bool raised = false;
  loop.wait(1h, [&raised] {
    if (!raised) std::raise(SIGTERM);
    raised = true;
    return false;
  });
  CHECK(loop.signals() == 1);
  int asked = 0;
  loop.wait(1h, [&asked] { return ++asked == 3; });
  CHECK(asked == 3);
  loop.wait(1ms);
  CHECK(noted.said.empty());
}

TEST_CASE("play loop: each second is told once, and one that comes late is not told twice", "[unit]") {
  Noted noted;
  noted.play.epoch = noted.clock.now() - 3500ms;  // as if the loop had not run for 3.5 s
  PlayLoop loop(noted.clock);
  noted.play.over = [&noted](TimePoint) { return !noted.seconds.empty(); };
  loop.play(noted.play);
  REQUIRE(noted.seconds.size() == 1);
  CHECK(noted.seconds[0] >= 3500ms);
}
