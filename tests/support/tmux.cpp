#include "tests/support/tmux.hpp"

#include "tests/support/catch.hpp"

#include <chrono>
#include <thread>

using namespace std::chrono_literals;

namespace gelombang::test {

Tmux::Tmux(int columns, int rows) {
  static_cast<void>(
      run({"new-session", "-d", "-s", "t", "-x", std::to_string(columns), "-y", std::to_string(rows), "sh"}));
}

Tmux::~Tmux() {
  ChildProcess process({"tmux", "-S", directory_.file("tmux"), "kill-server"});
  process.wait();
}

std::string Tmux::run(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"tmux", "-u", "-S", directory_.file("tmux"), "-f", "/dev/null"});
  ChildProcess::Options options;
  options.environment["LC_ALL"] = "C.UTF-8";
  ChildProcess process(arguments, options);
  REQUIRE(process.wait() == 0);
  return process.standard_output();
}

void Tmux::press(const std::string& keys) const { static_cast<void>(run({"send-keys", "-t", "t", keys})); }

void Tmux::enter(const std::string& line) const { static_cast<void>(run({"send-keys", "-t", "t", line, "Enter"})); }

void Tmux::resize(int columns, int rows) const {
  static_cast<void>(run({"resize-window", "-t", "t", "-x", std::to_string(columns), "-y", std::to_string(rows)}));
}

std::string Tmux::screen() const { return run({"capture-pane", "-p", "-t", "t"}); }

void Tmux::await(const std::string& text) const {
  for (int i = 0; i < 200; ++i) {
    if (screen().find(text) != std::string::npos) return;
    std::this_thread::sleep_for(50ms);
  }
  FAIL("never on the screen: " << text << "\n" << screen());
}

}  // namespace gelombang::test
