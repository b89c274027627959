// `gelombang find-max`: the highest rate of arrivals that a target serves within its objectives. docs/capacity.md says
// how it is found.
#pragma once

#include "app/load_session.hpp"
#include "runs/run_options.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace gelombang {

// As given, before anything is checked.
struct FindMaxOptions {
  FindMaxOptions() { run.graceful_stop = "10s"; }

  RunOptions run;
  SessionOptions session;
  std::vector<std::string> slos;
  std::string min_rate = "1/s";
  std::string max_rate = "1000/s";
  std::string probe = "20s";
  std::string warm_up = "3s";
  std::string cool_down = "5s";
  std::string precision = "5%";
  std::uint64_t repeat = 3;
};

void add_find_max_command(CLI::App& parent, FindMaxOptions& options, std::function<int()>& command);

// The exit code.
int find_max(const FindMaxOptions& options);

}  // namespace gelombang
