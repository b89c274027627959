// Receives the samples of a worker thread: a few counters and histogram buckets per sample, no allocation once warm.
// One recorder per worker. Another thread takes what was recorded since the last take. The lock is held for one sample
// or one swap, so the two threads hardly ever wait for each other.
#pragma once

#include "metrics/sample.hpp"
#include "metrics/sampled_details.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/under_way.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class Recorder {
 public:
  explicit Recorder(std::shared_ptr<const MetricsLayout> layout);

  // Also keeps single requests and dimensions. Call this before anything is recorded.
  void keep_details(const DetailLimits& limits);

  // From the worker. Every StepId and JourneyId must be in the layout's catalog.
  void request(StepId step, const RequestSample& sample, const RequestFacts& facts = {});
  // Whether to gather the evidence of such a failure.
  [[nodiscard]] bool wants_evidence(StepId step, ErrorClass error, std::string_view says = {}) const;
  void evidence(Evidence evidence, std::string_view says = {});
  // A visit begins. Its person is under way until iteration_finished().
  [[nodiscard]] OpenVisits::Id visit_began(JourneyId journey, TimePoint intended, TimePoint started);
  // A pause in the open step: its clocks stop. `until` is max while the end is not known.
  void paused(OpenVisits::Id visit, TimePoint since, TimePoint until);
  void resumed(OpenVisits::Id visit, TimePoint at);
  // An attempt at a step begins. reached: the person's first attempt at it; again: a further try.
  void attempt(StepId step, bool reached, bool again);
  // The same for a visit. The person waits from `intended` on; the attempt begins at `now`.
  void attempt(StepId step, bool reached, bool again, OpenVisits::Id visit, TimePoint intended, TimePoint now);
  // The first success of a person at a step.
  void passed(StepId step);
  void double_submit(StepId step);
  // A visit ended.
  void person(JourneyId journey, const PersonSample& sample);
  // An attempt at a step ends. With `visit`, the open step of that visit closes.
  void step(StepId step, const StepSample& sample, OpenVisits::Id visit = OpenVisits::kNone);
  // schedule_lag: actual minus intended start of the arrival; 0 in closed models.
  void iteration_started(JourneyId journey, Duration schedule_lag);
  void iteration_finished(JourneyId journey, const IterationSample& sample, OpenVisits::Id visit = OpenVisits::kNone);
  // Instead of iteration_started.
  void iteration_dropped(JourneyId journey, DropReason reason);
  void mail(const MailSample& sample);
  void conformance(std::string rule, std::string expected, std::string got, bool holds);
  // Keeps the text of the first error with its traceback, counts all. No step: outside of all steps.
  void script_error(JourneyId journey, std::optional<StepId> step, std::string text);

  // From any thread. Replaces `delta` with what was recorded since the last take, and reuses the memory of `delta` for
  // the next samples. `delta` must have the same layout.
  void take(Snapshot& delta);
  // The same. Also appends the visits open at that moment, so each person is in exactly one of the two.
  void take(Snapshot& delta, std::vector<OpenVisit>& open);
  // The same into a new snapshot.
  [[nodiscard]] Snapshot take();
  // Adds the details since they were last taken.
  void take(SampledDetails& details);

 private:
  void count_attempt(StepId step, bool reached, bool again);

  mutable std::mutex mutex_;
  Snapshot current_;
  OpenVisits open_;
  std::optional<DetailSampler> details_;
};

}  // namespace gelombang
