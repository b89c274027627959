#include "app/process_figures.hpp"

#include <dirent.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace gelombang {
namespace {

double used_cpu_seconds(const rusage& usage) {
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

rusage own_usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

std::uint64_t open_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count > 3 ? count - 3 : 0;  // ".", ".." and the directory itself
}

// "TCP: inuse 12 orphan 0 tw 340 alloc 20 mem 3"
std::uint64_t tcp_ports_in_use() {
  std::ifstream file("/proc/self/net/sockstat");
  std::string word;
  std::uint64_t used = 0;
  while (file >> word) {
    if (word != "TCP:") continue;
    std::uint64_t value = 0;
    while (file >> word >> value) {
      if (word == "inuse" || word == "tw") used += value;
      if (word == "mem") return used;
    }
  }
  return used;
}

Duration wall_offset(const Clock& clock) {
  return clock.wall_now().time_since_epoch() - clock.now().time_since_epoch();
}

}  // namespace

ProcessFigures::ProcessFigures(const Clock& clock)
    : clock_(clock), cpu_at_start_(used_cpu_seconds(own_usage())), offset_(wall_offset(clock)) {}

void ProcessFigures::sample() {
  const rusage usage = own_usage();
  cpu_seconds_ = used_cpu_seconds(usage) - cpu_at_start_;
  constexpr Duration kWindow = std::chrono::seconds(10);
  recent_.emplace_back(clock_.now(), cpu_seconds_);
  while (recent_.size() > 2 && recent_[1].first <= recent_.back().first - kWindow) recent_.pop_front();
  const double elapsed = to_seconds(recent_.back().first - recent_.front().first);
  if (elapsed > 0) {
    const double cores = (recent_.back().second - recent_.front().second) / elapsed;
    // Shorter stretches than the window only count as long as there is nothing longer.
    most_cores_ = elapsed < to_seconds(kWindow) ? cores : std::max(most_cores_, cores);
  }
  max_rss_ = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  descriptors_peak_ = std::max(descriptors_peak_, open_descriptors());
  ports_peak_ = std::max(ports_peak_, tcp_ports_in_use());
  const Duration offset = wall_offset(clock_);
  const Duration step = offset - offset_;
  // Slewing by NTP moves 0.5 ms a second at most; only what is more than that is a step.
  if (std::chrono::abs(step) > std::chrono::abs(clock_step_) && std::chrono::abs(step) > std::chrono::milliseconds(50))
    clock_step_ = step;
  offset_ = offset;
}

double ProcessFigures::cpu_share(std::uint64_t cores) const noexcept {
  return most_cores_ / static_cast<double>(std::max<std::uint64_t>(1, cores));
}

}  // namespace gelombang
