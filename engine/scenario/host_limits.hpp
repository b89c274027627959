// What this machine lets one process do: the bounds on virtual users.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace gelombang {

struct HostLimits {
  std::uint64_t descriptors = 0;   // RLIMIT_NOFILE, after raising the soft limit
  std::uint64_t ports = 0;         // local ports for outgoing connections to one address
  std::uint64_t memory_bytes = 0;  // available now
  std::uint64_t cores = 1;         // this process may use
  // How long a closed connection keeps its local port busy.
  Duration time_wait = std::chrono::seconds(60);
};

// Raises the soft limit of descriptors to the hard one, and reads the rest. A value that cannot be read counts as
// unlimited, so that it does not stop the run.
HostLimits raise_and_read_host_limits();

// Linux keeps ports in TIME_WAIT for 60 s, but a new connection may reuse one after a second if net.ipv4.tcp_tw_reuse
// allows it: by default (2) only towards this machine itself.
Duration time_wait_towards(bool loopback);

}  // namespace gelombang
