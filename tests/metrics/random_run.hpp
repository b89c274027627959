// The figures of an invented run: everything that a snapshot can hold, drawn at random from a seed.
#pragma once

#include "base/random.hpp"
#include "metrics/recorder.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gelombang::test {

inline std::shared_ptr<const MetricsLayout> random_layout() {
  Catalog catalog;
  catalog.journeys = {"browse", "login"};
  catalog.steps = {{0, "look"}, {1, "open"}, {1, "send"}};
  return make_layout(std::move(catalog));
}

class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed) : random_(seed, RandomPurpose::script, 0) {}

  // Durations from below the shortest bucket to beyond the longest.
  Duration duration() {
    const double seconds = random_.log_normal_between(1e-3, 2.0);
    if (random_.uniform() < 0.01) return Duration(static_cast<std::int64_t>(random_.uniform() * 1000));
    if (random_.uniform() < 0.01) return std::chrono::hours(3);
    return from_seconds(seconds);
  }
  std::uint64_t below(std::uint64_t limit) {
    return static_cast<std::uint64_t>(random_.uniform() * static_cast<double>(limit));
  }
  ErrorClass error() { return static_cast<ErrorClass>(1 + below(kErrorClassCount - 1)); }

  void record(Recorder& recorder, std::size_t samples) {
    const std::size_t steps = 3;
    for (std::size_t i = 0; i < samples; ++i) {
      const auto step = static_cast<StepId>(below(steps));
      const auto outcome = static_cast<Outcome>(below(kOutcomeCount));
      const ErrorClass why = outcome == Outcome::failure ? error() : ErrorClass::none;
      RequestSample request;
      request.service_time = duration();
      request.outcome = outcome;
      request.error = why;
      for (Duration& phase : request.phases) {
        if (random_.uniform() < 0.5) phase = duration();
      }
      request.bytes_sent = below(5000);
      request.bytes_received = below(100000);
      recorder.request(step, request, {random_.uniform() < 0.8, 1, {}});
      recorder.attempt(step, random_.uniform() < 0.5, random_.uniform() < 0.3);
      recorder.step(step, {duration(), duration(), outcome, why, random_.uniform() < 0.9});
      const auto journey = static_cast<JourneyId>(below(2));
      recorder.iteration_started(journey, duration());
      recorder.iteration_finished(journey, {duration(), outcome});
      recorder.person(
          journey, {static_cast<PersonFate>(below(kPersonFateCount)), step, why, duration(), random_.uniform() < 0.5});
      if (random_.uniform() < 0.1)
        recorder.iteration_dropped(journey, static_cast<DropReason>(below(kDropReasonCount)));
      if (random_.uniform() < 0.1) {
        recorder.mail(
            {static_cast<MailResult>(below(kMailResultCount)), static_cast<MailFolder>(below(2)), duration()});
      }
      if (random_.uniform() < 0.05) recorder.conformance("rule " + std::to_string(below(5)), "a", "b", below(2) == 0);
      if (random_.uniform() < 0.01) recorder.script_error(journey, step, "line " + std::to_string(i));
      if (random_.uniform() < 0.1) recorder.passed(step);
      if (random_.uniform() < 0.1) recorder.double_submit(step);
    }
  }

 private:
  RandomStream random_;
};

}  // namespace gelombang::test
