// The result of a run: one struct, printed as text for people and as JSON for programs. The JSON schema is
// docs/summary.schema.json. docs/numbers.md explains every number.
#pragma once

#include "base/clock.hpp"
#include "base/text_table.hpp"
#include "metrics/annotation.hpp"
#include "metrics/exit_reason.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/completion.hpp"
#include "metrics/thresholds/judge.hpp"
#include "metrics/thresholds/validity.hpp"
#include "reports/first_failures.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gelombang {

// What the recorders cannot know.
struct RunFacts {
  std::string id;
  std::string scenario;
  std::string load;
  std::string target;  // without userinfo and query
  std::string version;
  std::uint64_t seed = 0;
  WallTime started_at{};
  WallTime ended_at{};
  Duration took{};                                // steady time
  Duration arrivals_took{};                       // the part of it with arrivals
  std::optional<double> requested_rate;           // arrivals per second, mean of the load; nothing in closed models
  double expected = 0;                            // arrivals: the integral of the rate
  std::uint64_t planned = 0;                      // arrivals drawn for the time with arrivals
  std::optional<Duration> mailbox_poll_interval;  // the resolution of mail delivery; nothing without a mailbox
  struct Generator {
    double cpu_seconds = 0;
    std::uint64_t max_rss_bytes = 0;
    std::uint32_t threads = 0;
    std::uint64_t users_max = 0;  // most users busy at one time
    GeneratorHealth health;
  } generator;
  std::string catch_up;                  // the policy's name; empty in closed models, which have no schedule
  std::string history;                   // the file that keeps the run; empty: none
  bool history_given = false;            // not the default file that commands read
  std::vector<Annotation> annotations;   // by time
  FirstFailureList first_failures;       // if the run keeps a history
  std::optional<Silence> silence;        // before the end; nothing while the run goes on
  std::vector<ExitReason> exit_reasons;  // stopped, refused, configuration: causes outside of the recorders
};

// The figures of a distribution; a figure is empty if nothing was recorded.
struct DurationFigures {
  std::uint64_t count = 0;
  std::optional<Estimate> min, mean, p50, p90, p95, p99, p999, max;
};
DurationFigures figures_of(const Histogram& histogram);
DurationFigures figures_of(const CensoredHistogram& both);

struct Summary {
  struct Arrivals {
    double expected = 0;
    std::uint64_t planned = 0;
    std::uint64_t started = 0;
    std::array<std::uint64_t, kDropReasonCount> dropped{};
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;  // including abandoned ones
    std::uint64_t interrupted = 0;
    std::optional<double> requested_rate;  // per second
    double achieved_rate = 0;              // started per second of arrivals
    std::optional<double> served_rate;     // completed / planned; empty if nothing was planned
  };
  struct Iterations {
    std::string journey;
    std::uint64_t started = 0;
    std::uint64_t count = 0;   // completed or failed
    std::uint64_t failed = 0;  // including abandoned ones
    std::uint64_t interrupted = 0;
    std::uint64_t dropped = 0;
    DurationFigures duration;  // of completed ones, pauses included
  };
  struct Step {
    std::string journey;
    std::string name;
    std::uint64_t count = 0;       // finished: successes and failures of the target
    std::uint64_t failures = 0;    // of the target, including abandoned ones
    std::uint64_t censored = 0;    // interrupted or abandoned: durations known from below
    std::uint64_t own_faults = 0;  // steps spoilt by the generator or the mailbox
    std::optional<double> error_rate;
    std::array<std::uint64_t, kErrorClassCount> errors{};  // of steps, by class
    std::uint64_t requests = 0;
    std::array<std::uint64_t, kErrorClassCount> request_errors{};
    DurationFigures response_time;  // of successes, including the censored
    DurationFigures service_time;
    DurationFigures failure_time;  // response time of failures
    std::array<DurationFigures, kPhaseCount> phases;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
  };
  // The people of a journey.
  struct People {
    std::string journey;
    std::uint64_t arrived = 0;
    std::array<std::uint64_t, kPersonFateCount> ended{};  // by PersonFate
    std::uint64_t attempts = 0;                           // at steps
    std::uint64_t requests = 0;
    std::uint64_t calm_requests = 0;
    std::optional<double> amplification;  // requests / calm_requests
    DurationFigures time;                 // from the first intent to success
  };
  // The people of a step.
  struct FunnelStep {
    std::string journey;
    std::string name;
    StepPeople people;
    std::uint64_t requests = 0;
    std::optional<double> attempts_per_success;  // attempts / people who succeeded
    std::optional<double> amplification;
  };
  // The people of a network profile.
  struct Network {
    std::string name;
    std::uint64_t iterations = 0;  // completed or failed
    std::uint64_t failed_iterations = 0;
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;  // of requests, by the target, including abandoned ones
    std::optional<double> error_rate;
    DurationFigures service_time;  // of successful requests
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
  };
  struct Email {
    std::uint64_t sent = 0;  // mails that the target should have sent
    std::array<std::uint64_t, kMailResultCount> by_result{};
    std::uint64_t spam = 0;
    DurationFigures delivery;
    std::optional<Duration> poll_interval;
  };

  RunFacts run;
  std::vector<ExitReason> exit_reasons;  // all of them, the gravest first
  std::optional<Shortfall> shortfall;    // if people did not get through
  Validity validity;
  Arrivals arrivals;
  std::vector<Iterations> iterations;
  DurationFigures schedule_lag;
  std::vector<Step> steps;
  std::vector<People> people;      // by journey
  std::vector<FunnelStep> funnel;  // by step
  std::vector<Network> networks;   // by profile; empty if people have no networks
  std::optional<Email> email;      // if the run used mail
  ConformanceTable conformance;
  ScriptErrors script_errors;
  std::vector<ThresholdResult> thresholds;
  Catalog catalog;
};

// Adds to `facts.exit_reasons` those that follow from the totals, thresholds and validity.
Summary make_summary(RunFacts facts, const Snapshot& totals, std::vector<ThresholdResult> thresholds,
                     Validity validity);

// ASCII, with ANSI colours if `color`. Ends with a newline. The tables fit the width; what they leave out is in the
// JSON.
std::string summary_text(const Summary& summary, bool color, TextWidth width = std::nullopt);
// Indented JSON: the same bytes for the same summary, and numbers read back exactly. Ends with a newline.
std::string summary_json(const Summary& summary);

}  // namespace gelombang
