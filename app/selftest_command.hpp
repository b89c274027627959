// `gelombang selftest`: checks whether this generator, on this machine, measures known values correctly. Plays the real
// engine against its own server (selftest/) and compares.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace gelombang {

struct SelftestOptions {
  std::optional<std::uint64_t> threads;  // empty: as many as in a run
  std::string json;                      // a file, or "-"
  bool color = true;
};

// For tests, which must see the selftest fail.
struct SelftestSeam {
  Duration server_late_by{};              // beyond what it promises
  std::optional<Duration> extra_stall{};  // of our workers, in the stage "delays"
  std::string only;                       // plays only this stage; empty: all
};

// Returns the exit code: 0, or 111 if any check is off. Call it while the process has one thread.
int run_selftest(const SelftestOptions& options, const SelftestSeam& seam = {});

}  // namespace gelombang
