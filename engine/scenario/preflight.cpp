#include "engine/scenario/preflight.hpp"

#include "engine/load/arrivals.hpp"
#include "engine/scenario/outage_need.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

// Descriptors that do not belong to a user: logs, event loops, mailbox, exporter, name look-ups.
constexpr std::uint64_t kOwnDescriptors = 256;
// The memory of a busy user: coroutine, handle, buffers of one TLS connection, current answers.
constexpr std::uint64_t kMemoryPerUser = 160 * 1024;
// The least that a small request over plain HTTP costs, in seconds of CPU. TLS, uploads and scripts come on top.
constexpr double kCpuPerStep = 50e-6;
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

// The mean number of steps in a pass, over the mix.
double mean_steps(const Scenario& scenario) {
  double weighted = 0;
  double weights = 0;
  for (JourneyId id = 0; id < scenario.journeys.size(); ++id) {
    const auto steps = std::count_if(scenario.catalog.steps.begin(), scenario.catalog.steps.end(),
                                     [id](const Catalog::Step& step) { return step.journey == id; });
    weighted += scenario.journeys[id].weight * static_cast<double>(steps);
    weights += scenario.journeys[id].weight;
  }
  return weighted / weights;
}

std::uint64_t rounded_up(double value) { return static_cast<std::uint64_t>(std::ceil(value)); }

// `mean` by Little's law, plus three standard deviations of a Poisson count.
std::uint64_t with_margin(double mean) { return rounded_up(mean + 3 * std::sqrt(mean)) + 1; }

}  // namespace

std::uint64_t users_within(std::uint64_t descriptors) noexcept {
  return std::max<std::uint64_t>(1, descriptors - std::min(kOwnDescriptors, descriptors / 2));
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
  const double by_ports = static_cast<double>(limits.ports) / (seconds + to_seconds(limits.time_wait));
  capacity.rate = std::min(by_users, by_ports);
  return capacity;
}

PlannedArrivals arrivals_at_least(const Load& load) {
  if (!load.open()) return {load.iterations, true};
  if (load.sessions) return {load.sessions->size(), true};
  const double expected = load.intensity.total();
  const double chance = load.uniform ? 1 : 6 * std::sqrt(expected);
  return {static_cast<std::uint64_t>(std::max(0.0, expected - chance)), false};
}

PlannedArrivals draw_arrivals(const Load& load, std::uint64_t seed) {
  const PlannedArrivals known = arrivals_at_least(load);
  return known.drawn ? known : PlannedArrivals{count_arrivals(load, seed, Segment{}), true};
}

LoadNeed need_of(const Scenario& scenario, const Load& load, std::uint64_t seed, const Segment& segment,
                 const PlannedArrivals& planned, Duration time_wait) {
  LoadNeed need;
  need.iteration_length = mean_length(scenario, need.length_assumed);
  if (load.sessions) {
    // Plus one second for the last answer.
    need.iteration_length = load.sessions->mean_length() + std::chrono::seconds(1);
    need.length_assumed = false;
  }
  const double seconds = to_seconds(need.iteration_length);
  const auto parts = static_cast<double>(segment.count);
  if (load.open()) {
    need.expected_iterations = load.intensity.total() / parts;
    need.planned_iterations = planned.of(segment);
    need.drawn = planned.drawn;
    need.peak_rate = load.intensity.peak().per_second() / parts;
    // Never more users than arrivals.
    const std::uint64_t most = need.planned_iterations;
    need.users = std::min(with_margin(need.peak_rate * seconds), std::max<std::uint64_t>(1, most));
    need.users_in_outage = need.users;
    if (tries_again(scenario)) {
      const double there = people_in_outage(scenario, load, seed, need.iteration_length) / parts;
      need.users_in_outage = std::max(need.users, std::min(with_margin(there), most));
    }
    need.ports = std::min(rounded_up(need.peak_rate * (seconds + to_seconds(time_wait))), most);
    need.ports_at_least = std::min(rounded_up(need.peak_rate * to_seconds(time_wait)), most);
  } else {
    need.users = need.users_in_outage = (load.users + segment.count - 1) / segment.count;
    need.expected_iterations = load.kind == LoadKind::iterations ? static_cast<double>(load.iterations) / parts : 0;
    need.planned_iterations = static_cast<std::uint64_t>(need.expected_iterations);
    need.drawn = true;
    need.peak_rate = static_cast<double>(need.users) / std::max(0.001, seconds);
    need.ports = need.users + static_cast<std::uint64_t>(need.peak_rate * to_seconds(time_wait));
    if (load.kind == LoadKind::iterations) need.ports = std::min(need.ports, need.planned_iterations);
    need.ports_at_least = std::min(need.users, need.ports);
  }
  need.sockets = need.users;
  need.memory_bytes = need.users * kMemoryPerUser;
  need.answer_bytes = need.users * 2 * HttpRequest().max_body;  // once as received, once as the script holds it
  need.cores = need.peak_rate * mean_steps(scenario) * kCpuPerStep;
  return need;
}

std::vector<Misfit> misfits(const LoadNeed& need, const HostLimits& limits, std::uint64_t max_users,
                            bool users_chosen) {
  std::vector<Misfit> found;
  const bool known = !need.length_assumed;
  if (need.users > max_users) {
    found.push_back({fmt::format("about {} users are needed at the peak, {} are allowed: arrivals will be dropped",
                                 need.users, max_users),
                     known && !users_chosen});
  }
  if (need.users <= max_users && need.users_in_outage > max_users) {
    found.push_back({fmt::format("about {} users would be needed in an outage, when people try again, {} are allowed: "
                                 "arrivals would be dropped then",
                                 need.users_in_outage, max_users),
                     false});
  }
  if (need.sockets > users_within(limits.descriptors)) {
    found.push_back({fmt::format("about {} file descriptors are needed, {} are allowed (ulimit -n)",
                                 need.sockets + kOwnDescriptors, limits.descriptors),
                     known && !users_chosen});
  }
  if (need.ports > limits.ports) {
    found.push_back({fmt::format("about {} local ports are needed, {} exist (net.ipv4.ip_local_port_range)", need.ports,
                                 limits.ports),
                     known || need.ports_at_least > limits.ports});
  }
  if (need.memory_bytes > limits.memory_bytes) {
    found.push_back({fmt::format("about {} of memory are needed, {} are available", format_size(need.memory_bytes),
                                 format_size(limits.memory_bytes)),
                     known && !users_chosen});
  }
  if (need.memory_bytes <= limits.memory_bytes && need.answer_bytes > limits.memory_bytes - need.memory_bytes) {
    found.push_back({fmt::format("if every answer has max_body bytes, {} more memory is needed, {} is available",
                                 format_size(need.answer_bytes), format_size(limits.memory_bytes - need.memory_bytes)),
                     false});
  }
  if (need.cores > static_cast<double>(limits.cores)) {
    found.push_back({fmt::format("at least {:.1f} cores are needed, {} may be used", need.cores, limits.cores), known});
  }
  return found;
}

std::vector<std::string> dry_feeds(const Scenario& scenario, const PlannedArrivals& planned) {
  std::vector<std::string> lines;
  for (JourneyId id = 0; id < scenario.journeys.size(); ++id) {
    const Feed* feed = scenario.feed_of(id);
    if (feed == nullptr || feed->order != FeederOrder::queue || feed->size() == 0) continue;
    if (planned.all > feed->size()) {
      lines.push_back(fmt::format("journey '{}': its queue of {} rows will run dry: the load plans {}{} iterations",
                                  scenario.journeys[id].name, feed->size(), planned.drawn ? "" : "at least ",
                                  planned.all));
    }
  }
  return lines;
}

}  // namespace gelombang
