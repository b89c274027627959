// Where a worker thread puts its samples: a few counters and histogram buckets each, no allocation once
// warm. One recorder per worker. Another thread takes what came since the last time. The lock is held
// for one sample or one swap, so the two threads hardly ever wait for each other.
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

  // Keeps single requests and dimensions as well. Call it before anything is recorded.
  void keep_details(const DetailLimits& limits);

  // From the worker. Every StepId and JourneyId must be in the layout's catalog.
  void request(StepId step, const RequestSample& sample, const RequestFacts& facts = {});
  // Whether the evidence of such a failure is worth gathering.
  [[nodiscard]] bool wants_evidence(StepId step, ErrorClass error, std::string_view says = {}) const;
  void evidence(Evidence evidence, std::string_view says = {});
  // A visit begins. Its person is under way until iteration_finished().
  [[nodiscard]] OpenVisits::Id visit_began(JourneyId journey, TimePoint intended, TimePoint started);
  // A pause in the open step: its clocks stand still. `until` is max while the end is not known.
  void paused(OpenVisits::Id visit, TimePoint since, TimePoint until);
  void resumed(OpenVisits::Id visit, TimePoint at);
  // An attempt at a step begins. reached: it is this person's first; again: it is a further try.
  void attempt(StepId step, bool reached, bool again);
  // The same of a visit: from `intended` on, at `now`, the person waits.
  void attempt(StepId step, bool reached, bool again, OpenVisits::Id visit, TimePoint intended, TimePoint now);
  // The first success of a person at a step.
  void passed(StepId step);
  void double_submit(StepId step);
  // A visit ended.
  void person(JourneyId journey, const PersonSample& sample);
  // It ends; the visit's, where one is given.
  void step(StepId step, const StepSample& sample, OpenVisits::Id visit = OpenVisits::kNone);
  // schedule_lag: actual minus intended start of the arrival; 0 in closed models.
  void iteration_started(JourneyId journey, Duration schedule_lag);
  void iteration_finished(JourneyId journey, const IterationSample& sample, OpenVisits::Id visit = OpenVisits::kNone);
  // Instead of iteration_started.
  void iteration_dropped(JourneyId journey, DropReason reason);
  void mail(const MailSample& sample);
  void conformance(std::string rule, std::string expected, std::string got, bool holds);
  // The text (with its traceback) of the first one is kept, all are counted. No step: outside of any.
  void script_error(JourneyId journey, std::optional<StepId> step, std::string text);

  // From any thread. `delta` becomes what was recorded since the last take; what was in it is forgotten
  // and its memory used for what comes next. It must be of the same layout.
  void take(Snapshot& delta);
  // The same, and appends who is under way at that very moment, so that each person is in exactly one of the two.
  void take(Snapshot& delta, std::vector<OpenVisit>& open);
  // The same into a new snapshot.
  [[nodiscard]] Snapshot take();
  // Adds the details since they were taken last.
  void take(SampledDetails& details);

 private:
  void count_attempt(StepId step, bool reached, bool again);

  mutable std::mutex mutex_;
  Snapshot current_;
  OpenVisits open_;
  std::optional<DetailSampler> details_;
};

}  // namespace gelombang
