#include "runs/process_figures.hpp"

#include "engine/stall_detector.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
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

// "TCP: inuse 12 orphan 0 tw 340 alloc 20 mem 3". "tw" includes TIME_WAIT of IPv6.
std::uint64_t sockets_in(const char* path, std::string_view protocol, std::string_view field) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != protocol) continue;
    std::uint64_t value = 0;
    while (words >> word >> value) {
      if (word == field) return value;
    }
  }
  return 0;
}

Duration wall_offset(const Clock& clock) {
  return clock.wall_now().time_since_epoch() - clock.now().time_since_epoch();
}

std::string read_proc_stat() {
  std::ifstream file("/proc/stat");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Duration nanoseconds(const std::atomic<std::int64_t>& value) { return Duration(value.load(std::memory_order_relaxed)); }

}  // namespace

std::vector<CoreTimes> read_core_times(std::string_view proc_stat, double ticks_per_second) {
  std::vector<CoreTimes> cores;
  std::istringstream lines{std::string(proc_stat)};
  std::string line;
  while (std::getline(lines, line)) {
    if (line.rfind("cpu", 0) != 0 || line.size() < 4 || line[3] == ' ') continue;
    std::istringstream words(line);
    std::string name;
    std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
    words >> name;
    for (double& value : ticks) words >> value;
    CoreTimes core;
    for (const std::size_t i : {0U, 1U, 2U, 5U, 6U, 7U}) core.busy += ticks.at(i) / ticks_per_second;
    core.stolen = ticks[7] / ticks_per_second;
    cores.push_back(core);
  }
  return cores;
}

ProcessFigures::ProcessFigures(const Clock& clock, const HostLimits& limits)
    : clock_(clock),
      cores_(static_cast<double>(std::max<std::uint64_t>(1, limits.cores))),
      time_wait_(limits.time_wait),
      cpu_at_start_(used_cpu_seconds(own_usage())),
      offset_(wall_offset(clock)) {
  health_.descriptors_limit = limits.descriptors;
  health_.ports_limit = limits.ports;
}

void ProcessFigures::sample(std::span<const WorkerHealth* const> workers, std::uint64_t connections) {
  const TimePoint now = clock_.now();
  sample_cpu(now);
  sample_cores(now);
  sample_sockets(now, connections);
  sample_clock();
  sample_workers(now, workers);
}

void ProcessFigures::sample_cpu(TimePoint now) {
  const rusage usage = own_usage();
  cpu_seconds_ = used_cpu_seconds(usage) - cpu_at_start_;
  cpu_.add(now, cpu_seconds_);
  health_.cpu_share = cpu_.peak() / cores_;
  max_rss_ = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void ProcessFigures::sample_cores(TimePoint now) {
  const std::vector<CoreTimes> cores = read_core_times(read_proc_stat(), static_cast<double>(sysconf(_SC_CLK_TCK)));
  if (core_busy_.size() < cores.size()) core_busy_.resize(cores.size());
  double stolen = 0;
  health_.core_busy_share = 0;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    core_busy_[i].add(now, cores[i].busy);
    // Ticks are hundredths of a second and may come a little late.
    health_.core_busy_share = std::clamp(core_busy_[i].peak(), health_.core_busy_share, 1.0);
    stolen += cores[i].stolen / static_cast<double>(cores.size());
  }
  stolen_.add(now, stolen);
  health_.steal_share = stolen_.peak();
}

// The counts of sockets and of TIME_WAIT are for the whole machine, including other processes. This process has at most
// as many sockets as descriptors, and at most as many in TIME_WAIT as it opened connections within that time.
void ProcessFigures::sample_sockets(TimePoint now, std::uint64_t connections) {
  health_.descriptors = open_descriptors();
  health_.descriptors_peak = std::max(health_.descriptors_peak, health_.descriptors);
  connections_.emplace_back(now, connections);
  while (connections_.size() > 1 && connections_[1].first <= now - time_wait_) connections_.pop_front();
  const std::uint64_t open =
      sockets_in("/proc/self/net/sockstat", "TCP:", "inuse") + sockets_in("/proc/self/net/sockstat6", "TCP6:", "inuse");
  const std::uint64_t waiting = sockets_in("/proc/self/net/sockstat", "TCP:", "tw");
  health_.ports = std::min(open, health_.descriptors) + std::min(waiting, connections - connections_.front().second);
  health_.ports_peak = std::max(health_.ports_peak, health_.ports);
}

void ProcessFigures::sample_clock() {
  const Duration offset = wall_offset(clock_);
  const Duration step = offset - offset_;
  // NTP slews by at most 0.5 ms a second. Only a larger change is a step.
  if (std::chrono::abs(step) > std::chrono::abs(health_.clock_step) &&
      std::chrono::abs(step) > std::chrono::milliseconds(50)) {
    health_.clock_step = step;
  }
  offset_ = offset;
}

void ProcessFigures::sample_workers(TimePoint now, std::span<const WorkerHealth* const> workers) {
  worker_cpu_.resize(std::max(worker_cpu_.size(), workers.size()));
  health_.stalls = health_.late_arrivals = 0;
  health_.stalled = health_.observed = health_.gc_time = Duration::zero();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const WorkerHealth& worker = *workers[i];
    worker_cpu_[i].add(now, to_seconds(nanoseconds(worker.cpu)));
    health_.worker_cpu_share = std::max(health_.worker_cpu_share, worker_cpu_[i].peak());
    health_.stalls += worker.stalls.load(std::memory_order_relaxed);
    health_.stalled += nanoseconds(worker.stalled);
    health_.longest_stall = std::max(health_.longest_stall, nanoseconds(worker.longest_stall));
    health_.observed += nanoseconds(worker.observed);
    health_.gc_time += nanoseconds(worker.gc_time);
    health_.gc_longest = std::max(health_.gc_longest, nanoseconds(worker.gc_longest));
    health_.late_arrivals += worker.late_arrivals.load(std::memory_order_relaxed);
  }
}

}  // namespace gelombang
