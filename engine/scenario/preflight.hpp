// Compares what a load needs, by Little's law, with what this machine allows. Nothing is sent.
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

// The number of arrivals of an open load, or of iterations of an `iterations` load.
struct PlannedArrivals {
  std::uint64_t all = 0;  // of all segments
  bool drawn = false;     // `all` is exact; otherwise at least that many, except with a chance of 1e-9
  [[nodiscard]] std::uint64_t of(const Segment& segment) const noexcept {
    return (all + segment.count - 1 - segment.index) / segment.count;
  }
};
// Takes no time: from the integral of the rate.
PlannedArrivals arrivals_at_least(const Load& load);
// Draws one arrival after the other: 70 ns each.
PlannedArrivals draw_arrivals(const Load& load, std::uint64_t seed);

struct LoadNeed {
  double expected_iterations = 0;        // the integral of the rate; closed loads: 0 if it depends on the target
  std::uint64_t planned_iterations = 0;  // as drawn, of this segment
  bool drawn = false;                    // otherwise planned_iterations is a lower bound
  double peak_rate = 0;                  // arrivals per second, of this segment
  Duration iteration_length{};           // mean over the mix; assumed if the scenario does not say it
  bool length_assumed = false;
  std::uint64_t users = 0;            // at the peak, with a margin for chance
  std::uint64_t users_in_outage = 0;  // the same when nobody gets through and people try again; >= users
  std::uint64_t sockets = 0;
  std::uint64_t ports = 0;           // in use or in TIME_WAIT, to one address
  std::uint64_t ports_at_least = 0;  // the same if a pass took no time at all
  std::uint64_t memory_bytes = 0;
  std::uint64_t answer_bytes = 0;  // on top, if every user holds an answer of the largest kept size
  double cores = 0;                // a lower bound: one cheap request for each step
};

struct Capacity {
  std::uint64_t users = 0;  // what descriptors, ports and memory allow at once
  double rate = 0;          // open loads: arrivals per second that stay within users and ports
  std::string bound;        // which limit that is: "file descriptors", "local ports" or "memory"
};

// How many users the descriptors allow, besides what the program itself needs.
std::uint64_t users_within(std::uint64_t descriptors) noexcept;
Capacity capacity_of(const HostLimits& limits, Duration iteration_length);

LoadNeed need_of(const Scenario& scenario, const Load& load, std::uint64_t seed, const Segment& segment,
                 const PlannedArrivals& planned, Duration time_wait);

struct Misfit {
  std::string text;  // one line
  // True: the load cannot fit. False: the misfit depends on an assumed length of a pass, or on a chosen number of
  // users.
  bool certain = false;
};
// `users_chosen`: max_users was chosen by hand; it is not this machine's limit.
std::vector<Misfit> misfits(const LoadNeed& need, const HostLimits& limits, std::uint64_t max_users, bool users_chosen);
// One line for each journey whose queue of people will run dry.
std::vector<std::string> dry_feeds(const Scenario& scenario, const PlannedArrivals& planned);

}  // namespace gelombang
