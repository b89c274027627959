// `gelombang find-max`: the highest rate of arrivals that a target serves within its objectives. docs/capacity.md
// describes the search.
#pragma once

#include "app/given_options.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// The options as given, before any check.
struct FindMaxOptions {
  GivenOptions given{[] {
    RunRequest request;
    request.graceful_stop = std::chrono::seconds(10);
    return request;
  }()};
  std::vector<std::string> slos;
  std::string min_rate = "1/s";
  std::string max_rate = "1000/s";
  std::string probe = "20s";
  std::string warm_up = "3s";
  std::string cool_down = "5s";
  std::string precision = "5%";
  std::uint64_t repeat = 3;
};

// All arguments must outlive the command.
void add_find_max_command(CLI::App& parent, FindMaxOptions& options, const bool& color, std::function<int()>& command);

// Returns the exit code.
int find_max(const FindMaxOptions& options, bool color);

}  // namespace gelombang
