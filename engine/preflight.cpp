#include "engine/preflight.hpp"

#include "engine/arrivals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

// Descriptors that are not a user's: logs, event loops, mailbox, exporter, name look-ups.
constexpr std::uint64_t kOwnDescriptors = 256;
// A user at work: coroutine, handle, buffers of one TLS connection, answers in hand.
constexpr std::uint64_t kMemoryPerUser = 160 * 1024;
// How long Linux keeps a closed connection's port.
constexpr double kTimeWait = 60;
constexpr Duration kAssumedLength = std::chrono::seconds(10);

Duration mean_length(const Scenario& scenario, bool& assumed) {
  double weighted = 0;
  double weights = 0;
  for (const Journey& journey : scenario.journeys) {
    if (journey.lasts == Duration::zero()) assumed = true;
    weighted += journey.weight * to_seconds(journey.lasts == Duration::zero() ? kAssumedLength : journey.lasts);
    weights += journey.weight;
  }
  return from_seconds(weighted / weights);
}

// The number of iterations that a feed has to feed; nothing where that is not known beforehand.
std::optional<std::uint64_t> last_iteration(const Load& load, std::uint64_t seed) {
  if (load.open()) return count_arrivals(load, seed, Segment{});
  if (load.kind == LoadKind::iterations) return load.iterations;
  return std::nullopt;
}

}  // namespace

std::uint64_t users_within(std::uint64_t descriptors) noexcept {
  return descriptors > kOwnDescriptors ? descriptors - kOwnDescriptors : 1;
}

Capacity capacity_of(const HostLimits& limits, Duration iteration_length) {
  const std::uint64_t by_descriptors = users_within(limits.descriptors);
  const std::uint64_t by_memory = std::max<std::uint64_t>(1, limits.memory_bytes / 2 / kMemoryPerUser);
  Capacity capacity;
  capacity.users = std::min({by_descriptors, limits.ports, by_memory, std::uint64_t{10'000'000}});
  capacity.bound = capacity.users == by_descriptors ? "file descriptors"
                   : capacity.users == limits.ports ? "local ports"
                                                    : "memory";
  const double seconds = std::max(0.001, to_seconds(iteration_length));
  const double by_users = static_cast<double>(capacity.users) / seconds;
  const double by_ports = static_cast<double>(limits.ports) / (seconds + kTimeWait);
  capacity.rate = std::min(by_users, by_ports);
  return capacity;
}

LoadNeed need_of(const Scenario& scenario, const Load& load, std::uint64_t seed, const Segment& segment) {
  LoadNeed need;
  need.iteration_length = mean_length(scenario, need.length_assumed);
  const double seconds = to_seconds(need.iteration_length);
  const auto parts = static_cast<double>(segment.count);
  if (load.open()) {
    need.expected_iterations = load.intensity.total() / parts;
    need.planned_iterations = count_arrivals(load, seed, segment);
    need.peak_rate = load.intensity.peak().per_second() / parts;
    // Little's law, and three standard deviations of a Poisson count for chance.
    const double mean = need.peak_rate * seconds;
    need.users = static_cast<std::uint64_t>(std::ceil(mean + 3 * std::sqrt(mean))) + 1;
    need.ports = static_cast<std::uint64_t>(std::ceil(need.peak_rate * (seconds + kTimeWait)));
  } else {
    need.users = (load.users + segment.count - 1) / segment.count;
    need.expected_iterations = load.kind == LoadKind::iterations ? static_cast<double>(load.iterations) / parts : 0;
    need.planned_iterations = static_cast<std::uint64_t>(need.expected_iterations);
    need.peak_rate = static_cast<double>(need.users) / std::max(0.001, seconds);
    need.ports = need.users + static_cast<std::uint64_t>(need.peak_rate * kTimeWait);
  }
  need.sockets = need.users;
  need.memory_bytes = need.users * kMemoryPerUser;
  return need;
}

std::vector<std::string> misfits(const LoadNeed& need, const HostLimits& limits, std::uint64_t max_users) {
  std::vector<std::string> lines;
  if (need.users > max_users) {
    lines.push_back(fmt::format("about {} users are needed at the peak, {} are allowed: arrivals will be dropped",
                                need.users, max_users));
  }
  if (need.sockets + kOwnDescriptors > limits.descriptors) {
    lines.push_back(fmt::format("about {} file descriptors are needed, {} are allowed (ulimit -n)",
                                need.sockets + kOwnDescriptors, limits.descriptors));
  }
  if (need.ports > limits.ports) {
    lines.push_back(fmt::format("about {} local ports are needed, {} exist (net.ipv4.ip_local_port_range)", need.ports,
                                limits.ports));
  }
  if (need.memory_bytes > limits.memory_bytes) {
    lines.push_back(fmt::format("about {} of memory are needed, {} are available", format_size(need.memory_bytes),
                                format_size(limits.memory_bytes)));
  }
  return lines;
}

std::vector<std::string> dry_feeds(const Scenario& scenario, const Load& load, std::uint64_t seed) {
  std::vector<std::string> lines;
  const auto iterations = last_iteration(load, seed);
  for (JourneyId id = 0; id < scenario.journeys.size(); ++id) {
    const Feed* feed = scenario.feed_of(id);
    if (feed == nullptr || feed->order != FeederOrder::queue || feed->size() == 0) continue;
    if (iterations && *iterations > feed->size()) {
      lines.push_back(fmt::format("journey '{}': its queue of {} rows will run dry: the load plans {} iterations",
                                  scenario.journeys[id].name, feed->size(), *iterations));
    }
  }
  return lines;
}

}  // namespace gelombang
