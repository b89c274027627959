// Removes old runs from a history file and gives their space back.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

struct Pruned {
  std::vector<std::string> runs;  // ids, the oldest first
  std::uint64_t kept = 0;         // runs that remain
  std::uint64_t bytes = 0;        // by which the file shrank
};

// Removes the runs that started before `before`. A run without an end may still be under way: it stays for a day after
// its start, whatever `before` says. Others may read and write meanwhile: no lock lasts longer than the removal of one
// run.
Result<Pruned> prune_history(const std::string& path, WallTime before, WallTime now);

}  // namespace gelombang
