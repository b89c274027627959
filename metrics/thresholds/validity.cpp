#include "metrics/thresholds/validity.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gelombang {
namespace {

struct Finding {
  ValidityState state;
  std::string reason;
};

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void judge_lag(const ValidityFacts& facts, const ValidityLimits& limits, std::vector<Finding>& findings) {
  if (!facts.lag_p99) return;
  const Duration latency = facts.tightest_latency.value_or(limits.latency_without_threshold);
  const double of_latency = to_seconds(*facts.lag_p99) / to_seconds(latency);
  if (of_latency > limits.lag_degraded_share && *facts.lag_p99 > limits.lag_negligible) {
    findings.push_back(
        {of_latency > limits.lag_invalid_share ? ValidityState::invalid : ValidityState::degraded,
         fmt::format("schedule lag: one arrival in a hundred started {} late or more, {:.0f} % of {} {}",
                     format_duration(*facts.lag_p99), of_latency * 100,
                     facts.tightest_latency ? "the tightest latency threshold," : "the assumed latency limit of",
                     format_duration(latency))});
  }
  if (facts.lag_max && *facts.lag_max >= limits.lag_stall) {
    findings.push_back({ValidityState::degraded, fmt::format("a stall of the generator: an arrival started {} late",
                                                             format_duration(*facts.lag_max))});
  }
}

void judge_drops(const ValidityFacts& facts, const ValidityLimits& limits, std::vector<Finding>& findings) {
  std::uint64_t ours = 0;
  std::string by_reason;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (static_cast<DropReason>(i) == DropReason::users_exhausted || facts.dropped[i] == 0) continue;
    ours += facts.dropped[i];
    by_reason += fmt::format("{}{} {}", by_reason.empty() ? "" : ", ", facts.dropped[i], kDropReasonNames[i]);
  }
  if (ours > 0) {
    const double of_all = share(ours, facts.arrivals);
    findings.push_back({of_all > limits.own_drops ? ValidityState::invalid : ValidityState::degraded,
                        fmt::format("arrivals dropped by the generator: {:.2f} % ({})", of_all * 100, by_reason)});
  }
  const std::uint64_t exhausted = facts.dropped[static_cast<std::size_t>(DropReason::users_exhausted)];
  if (exhausted > 0) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("all users were busy with the target: {} of {} arrivals dropped, percentiles are "
                                    "lower bounds",
                                    exhausted, facts.arrivals)});
  }
}

void judge_faults(const ValidityFacts& facts, const ValidityLimits& limits, std::vector<Finding>& findings) {
  if (facts.own_faults > 0) {
    const double of_all = share(facts.own_faults, std::max(facts.requests, facts.own_faults));
    findings.push_back(
        {of_all > limits.own_faults ? ValidityState::invalid : ValidityState::degraded,
         fmt::format("faults of the generator: {} ({:.2f} % of requests)", facts.own_faults, of_all * 100)});
  }
  if (facts.mailbox_faults > 0) {
    findings.push_back(
        {ValidityState::degraded,
         fmt::format("the mailbox could not be read: what became of {} mails is not known", facts.mailbox_faults)});
  }
}

void judge_loops(const GeneratorHealth& health, const ValidityLimits& limits, std::vector<Finding>& findings) {
  const double stalled = health.stalled_share();
  if (stalled > limits.stall_degraded_share || health.longest_stall >= limits.lag_stall) {
    findings.push_back({stalled > limits.stall_invalid_share ? ValidityState::invalid : ValidityState::degraded,
                        fmt::format("event loop: {} stalls of more than 100 ms, {:.1f} % of the time, the longest {}",
                                    health.stalls, stalled * 100, format_duration(health.longest_stall))});
  }
  if (health.gc_longest > limits.gc_pause || health.gc_share() > limits.gc_share) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("garbage collection of the scripts: {:.1f} % of the time, the longest pause {}",
                                    health.gc_share() * 100, format_duration(health.gc_longest))});
  }
}

void judge_cpu(const GeneratorHealth& health, const ValidityLimits& limits, std::vector<Finding>& findings) {
  if (health.cpu_share > limits.cpu_share) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("the generator used {:.0f} % of the CPU that it may use", health.cpu_share * 100)});
  }
  if (health.worker_cpu_share > limits.worker_cpu_share) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("a worker used {:.0f} % of its core: answers waited for it (more --threads, or "
                                    "less load)",
                                    health.worker_cpu_share * 100)});
  }
  if (health.steal_share > limits.steal_share) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("the hypervisor took {:.0f} % of this machine's CPU", health.steal_share * 100)});
  }
}

void judge_machine(const GeneratorHealth& health, const ValidityLimits& limits, std::vector<Finding>& findings) {
  if (share(health.descriptors_peak, health.descriptors_limit) > limits.descriptor_share) {
    findings.push_back({ValidityState::degraded, fmt::format("file descriptors: {} of {} were in use",
                                                             health.descriptors_peak, health.descriptors_limit)});
  }
  if (share(health.ports_peak, health.ports_limit) > limits.port_share) {
    findings.push_back({ValidityState::degraded,
                        fmt::format("local ports: {} of {} were in use", health.ports_peak, health.ports_limit)});
  }
  const Duration step = std::chrono::abs(health.clock_step);
  if (step > limits.clock_step) {
    findings.push_back({ValidityState::degraded, fmt::format("the wall clock was set by {} during the run: durations "
                                                             "are right, times of day are not",
                                                             format_duration(step))});
  }
}

}  // namespace

ValidityFacts validity_facts(const Snapshot& totals, std::span<const Threshold> thresholds) {
  ValidityFacts facts;
  for (const JourneySnapshot& journey : totals.journeys) {
    facts.arrivals += journey.started + journey.total_dropped();
    for (std::size_t i = 0; i < kDropReasonCount; ++i) facts.dropped[i] += journey.dropped[i];
  }
  for (const StepSnapshot& step : totals.steps) {
    facts.requests += step.requests.total();
    for (const ErrorClass error : {ErrorClass::generator_descriptors, ErrorClass::generator_ports,
                                   ErrorClass::generator_memory, ErrorClass::generator_internal}) {
      // A fault that ends a request also ends its step. Some faults end a step without a request.
      facts.own_faults += std::max(step.requests[error], step.steps[error]);
    }
    for (std::size_t i = 0; i < kErrorClassCount; ++i) {
      const auto error = static_cast<ErrorClass>(i);
      if (info(error).side == ErrorSide::mailbox) facts.mailbox_faults += step.steps[error];
    }
  }
  // At the end of a run, a hidden mail need not have failed any step.
  facts.mailbox_faults = std::max(facts.mailbox_faults, totals.mail[MailResult::hidden]);
  if (!totals.schedule_lag.empty()) {
    facts.lag_p99 = totals.schedule_lag.percentile(0.99);
    facts.lag_max = totals.schedule_lag.max();
  }
  facts.tightest_latency = tightest_latency(thresholds);
  return facts;
}

Validity judge_validity(const ValidityFacts& facts, const ValidityLimits& limits) {
  std::vector<Finding> findings;
  judge_lag(facts, limits, findings);
  judge_drops(facts, limits, findings);
  judge_faults(facts, limits, findings);
  judge_loops(facts.health, limits, findings);
  judge_cpu(facts.health, limits, findings);
  judge_machine(facts.health, limits, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.state > b.state; });
  Validity validity;
  if (!findings.empty()) validity.state = findings.front().state;
  for (Finding& f : findings) validity.reasons.push_back(std::move(f.reason));
  return validity;
}

}  // namespace gelombang
