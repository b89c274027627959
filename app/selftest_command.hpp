// `gelombang selftest`: whether this generator, on this machine, measures what is known to be true. Plays the real
// engine against a server of its own (selftest/) and compares.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace gelombang {

struct SelftestOptions {
  std::optional<std::uint64_t> threads;  // nothing: as many as a run would have
  std::string json;                      // a file, or "-"
  bool color = true;
};

// For tests, which have to see it fail.
struct SelftestSeam {
  Duration server_late_by{};              // than it promises
  std::optional<Duration> extra_stall{};  // of our workers, in the stage "delays"
  std::string only;                       // this stage alone; empty: all
};

// The exit code: 0, or 111 where anything is off. Call while the process has one thread.
int run_selftest(const SelftestOptions& options, const SelftestSeam& seam = {});

}  // namespace gelombang
