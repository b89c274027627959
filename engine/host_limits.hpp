// What this machine lets one process do: the bounds on virtual users.
#pragma once

#include <cstdint>

namespace gelombang {

struct HostLimits {
  std::uint64_t descriptors = 0;   // RLIMIT_NOFILE, after raising the soft limit
  std::uint64_t ports = 0;         // local ports for outgoing connections to one address
  std::uint64_t memory_bytes = 0;  // available now
  std::uint64_t cores = 1;         // this process may use
};

// Raises the soft limit of descriptors to the hard one, and reads the rest. A value that cannot be read
// is taken as unlimited: it is not what stops the run.
HostLimits raise_and_read_host_limits();

}  // namespace gelombang
