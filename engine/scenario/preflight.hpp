// What a load needs, by Little's law, against what this machine allows. Nothing is sent.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/load/load.hpp"
#include "engine/scenario/host_limits.hpp"
#include "engine/scenario/scenario.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gelombang {

// How many arrivals an open load has, or iterations a load of them.
struct PlannedArrivals {
  std::uint64_t all = 0;  // of all segments
  bool drawn = false;     // the number; otherwise at least that many, but for a chance of 1e-9
  [[nodiscard]] std::uint64_t of(const Segment& segment) const noexcept {
    return (all + segment.count - 1 - segment.index) / segment.count;
  }
};
// At once, from the integral of the rate.
PlannedArrivals arrivals_at_least(const Load& load);
// One after the other: 70 ns each.
PlannedArrivals draw_arrivals(const Load& load, std::uint64_t seed);

struct LoadNeed {
  double expected_iterations = 0;        // the integral of the rate; closed loads: 0 where it depends on the target
  std::uint64_t planned_iterations = 0;  // as drawn, of this segment
  bool drawn = false;                    // otherwise planned_iterations is what is certain without
  double peak_rate = 0;                  // arrivals per second, of this segment
  Duration iteration_length{};           // mean over the mix; assumed where the scenario does not say
  bool length_assumed = false;
  std::uint64_t users = 0;            // at the peak, with a margin for chance
  std::uint64_t users_in_outage = 0;  // the same when nobody gets through and people try again; >= users
  std::uint64_t sockets = 0;
  std::uint64_t ports = 0;           // in use or in TIME_WAIT, to one address
  std::uint64_t ports_at_least = 0;  // the same if a pass took no time at all
  std::uint64_t memory_bytes = 0;
  std::uint64_t answer_bytes = 0;  // besides, where every user holds an answer as long as what is kept of one
  double cores = 0;                // at least: one cheap request for each step
};

struct Capacity {
  std::uint64_t users = 0;  // what descriptors, ports and memory allow at once
  double rate = 0;          // arrivals per second that keep within users and ports; open loads
  std::string bound;        // which limit that is: "file descriptors", "local ports" or "memory"
};

// How many users the descriptors suffice for, beside what the program itself needs.
std::uint64_t users_within(std::uint64_t descriptors) noexcept;
Capacity capacity_of(const HostLimits& limits, Duration iteration_length);

LoadNeed need_of(const Scenario& scenario, const Load& load, std::uint64_t seed, const Segment& segment,
                 const PlannedArrivals& planned, Duration time_wait);

struct Misfit {
  std::string text;  // one line
  // It cannot fit. Otherwise it rests on an assumed length of a pass, or on a number of users that somebody chose.
  bool certain = false;
};
// `users_chosen`: max_users is the user's own wish, not what this machine allows.
std::vector<Misfit> misfits(const LoadNeed& need, const HostLimits& limits, std::uint64_t max_users, bool users_chosen);
// One line for each journey whose queue of people will run dry.
std::vector<std::string> dry_feeds(const Scenario& scenario, const PlannedArrivals& planned);

}  // namespace gelombang
