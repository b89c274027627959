#include "metrics/exposition/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {
namespace {

std::string read_all(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uint64_t number_at(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t"), text.size());
  std::uint64_t value = 0;
  std::from_chars(text.data() + start, text.data() + text.size(), value);
  return value;
}

// The number after `label` at the start of a line.
std::uint64_t labelled(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  return at == std::string_view::npos ? 0 : number_at(text.substr(at + label.size()));
}

// The n-th field of /proc/self/stat, counted from 1 as in proc(5). Only fields after the name, which may contain
// blanks.
std::uint64_t stat_field(std::string_view stat, int n) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return 0;
  std::string_view rest = stat.substr(name_end + 1);
  for (int field = 3; field < n; ++field) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    rest.remove_prefix(std::min(rest.find(' '), rest.size()));
  }
  return number_at(rest);
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

}  // namespace

ProcessStats read_process_stats() {
  ProcessStats stats;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    stats.max_resident_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  }
  const std::string status = read_all("/proc/self/status");
  stats.resident_bytes = labelled(status, "\nVmRSS:") * 1024;
  stats.threads = labelled(status, "\nThreads:");
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  // Reading the directory itself uses one descriptor.
  if (!error)
    stats.open_descriptors = static_cast<std::uint64_t>(std::distance(begin(descriptors), end(descriptors))) - 1;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.descriptor_limit = limit.rlim_cur;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto boot = static_cast<double>(labelled(read_all("/proc/stat"), "\nbtime "));
  if (ticks > 0) stats.start_seconds = boot + static_cast<double>(stat_field(read_all("/proc/self/stat"), 22)) / ticks;
  return stats;
}

}  // namespace gelombang
