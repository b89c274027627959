// The resources that this process uses, from /proc/self and getrusage.
#pragma once

#include <cstdint>

namespace gelombang {

struct ProcessStats {
  double cpu_seconds = 0;  // user and system, all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t max_resident_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptor_limit = 0;  // soft
  double start_seconds = 0;            // since 1970
};

// A figure that cannot be read is 0.
ProcessStats read_process_stats();

}  // namespace gelombang
