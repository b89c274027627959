// Whether a run says anything about the target at all: a verdict on the generator, separate from pass or fail. A pure
// function of facts. Its limits are here, for docs and tests to quote.
#pragma once

#include "base/clock.hpp"
#include "metrics/generator_health.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/threshold.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

enum class ValidityState : std::uint8_t { valid, degraded, invalid };
inline constexpr std::array<std::string_view, 3> kValidityStateNames{"valid", "degraded", "invalid"};

struct ValidityLimits {
  // The 99th percentile of schedule lag, as a share of the tightest latency threshold: our own delay is part of every
  // response time. If no threshold names a latency, `latency_without_threshold` is assumed.
  double lag_degraded_share = 0.1;
  double lag_invalid_share = 0.5;
  Duration latency_without_threshold = std::chrono::seconds(1);
  // A lag below this is the resolution of timers, whatever the thresholds say.
  Duration lag_negligible = std::chrono::milliseconds(2);
  // A single arrival as late as this was a stall, even if the percentile does not show it.
  Duration lag_stall = std::chrono::seconds(1);
  // Arrivals that we dropped, and requests that failed through our fault, as shares. Above the share the run is
  // invalid; a single one makes it degraded.
  double own_drops = 0.001;
  double own_faults = 0.001;
  // Event loops that stood still for more than 100 ms, as a share of the workers' time. A stall of x of the time
  // touches x of the requests: above 1 % a p99 may be ours, above 5 % a p95 is.
  double stall_degraded_share = 0.01;
  double stall_invalid_share = 0.05;
  // Of the cores that we may use, and of one core by one worker. Above these shares, responses wait for us.
  double cpu_share = 0.8;
  double worker_cpu_share = 0.9;
  // Time that the hypervisor took. Neither clock shows it.
  double steal_share = 0.1;
  // One pause of Lua's garbage collection, and all of them as a share of the workers' time.
  Duration gc_pause = std::chrono::milliseconds(100);
  double gc_share = 0.1;
  double descriptor_share = 0.9;
  double port_share = 0.9;
  // Wall time against steady time.
  Duration clock_step = std::chrono::milliseconds(500);
};

struct ValidityFacts {
  std::uint64_t arrivals = 0;  // started or dropped
  std::array<std::uint64_t, kDropReasonCount> dropped{};
  std::uint64_t requests = 0;        // attempted
  std::uint64_t own_faults = 0;      // of requests or steps: generator_descriptors, _ports, _memory, _internal
  std::uint64_t mailbox_faults = 0;  // steps that the mailbox failed, or mails that it hid
  std::optional<Duration> lag_p99;   // nothing in closed models
  std::optional<Duration> lag_max;
  std::optional<Duration> tightest_latency;  // that a threshold names
  GeneratorHealth health;
};

// The facts that the recorders know. The caller adds the rest, `health`.
ValidityFacts validity_facts(const Snapshot& totals, std::span<const Threshold> thresholds);

struct Validity {
  ValidityState state = ValidityState::valid;
  std::vector<std::string> reasons;  // one line each, the worst first
};

Validity judge_validity(const ValidityFacts& facts, const ValidityLimits& limits = {});

}  // namespace gelombang
