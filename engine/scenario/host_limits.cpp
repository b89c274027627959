#include "engine/scenario/host_limits.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace gelombang {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnlimited;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur == RLIM_INFINITY ? kUnlimited : limit.rlim_cur;
}

std::uint64_t local_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  return file >> first >> last && last >= first ? last - first + 1 : kUnlimited;
}

std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  while (file >> word) {
    std::uint64_t kibibytes = 0;
    if (word == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
  }
  return kUnlimited;
}

std::uint64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::uint64_t>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace

HostLimits raise_and_read_host_limits() {
  return {raise_descriptor_limit(), local_ports(), available_memory(), usable_cores(), time_wait_towards(false)};
}

Duration time_wait_towards(bool loopback) {
  std::ifstream file("/proc/sys/net/ipv4/tcp_tw_reuse");
  int reuse = 0;
  file >> reuse;
  const bool soon = reuse == 1 || (reuse == 2 && loopback);
  return soon ? std::chrono::seconds(1) : std::chrono::seconds(60);
}

}  // namespace gelombang
