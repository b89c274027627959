// How late this machine wakes a thread that does nothing else: a timer every millisecond, on absolute times. Runs
// beside a measured tester: the lateness that it shows is the scheduler's fault, not the tester's.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  double seconds = 5;
  CLI::App app{"Prints by how many milliseconds a bare timer thread is woken late"};
  app.add_option("--seconds", seconds);
  CLI11_PARSE(app, argc, argv);
  std::vector<double> late;  // in milliseconds
  const auto start = Clock::now();
  for (auto due = start; due < start + std::chrono::duration<double>(seconds); due += std::chrono::milliseconds(1)) {
    std::this_thread::sleep_until(due);
    late.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
  }
  if (late.empty()) return 1;
  std::sort(late.begin(), late.end());
  const auto rank = [&late](double share) {
    return late[static_cast<std::size_t>(share * static_cast<double>(late.size() - 1))];
  };
  fmt::print("{{\"p50_ms\": {:.4f}, \"p99_ms\": {:.4f}, \"max_ms\": {:.4f}}}\n", rank(0.5), rank(0.99), late.back());
}
