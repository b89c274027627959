// Merges the workers' deltas about once a second: totals for the exporter and the summary, windows for the thresholds,
// and recent figures for the live display. Pure: time is passed in. One thread.
//
//   for each worker: recorder.take(delta, open); aggregator.add(delta); aggregator.add(open, clock.now());
//   aggregator.tick(clock.now());
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/thresholds/completion.hpp"
#include "metrics/thresholds/interval.hpp"
#include "metrics/thresholds/judge.hpp"
#include "metrics/under_way.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gelombang {

// Figures of the last seconds, over all journeys and steps.
struct RecentFigures {
  double started_rate = 0;    // arrivals started, per second
  double completed_rate = 0;  // iterations that succeeded, per second
  double step_rate = 0;       // steps finished, per second
  // Failed / finished steps. A step under way for longer than kRecent, or than a threshold allows, has failed. Nothing
  // if there are no steps.
  std::optional<double> error_rate;
  std::optional<Estimate> response_time_p95;
};

class Aggregator {
 public:
  static constexpr Duration kRecent = std::chrono::seconds(10);

  Aggregator(std::shared_ptr<const MetricsLayout> layout, std::vector<Threshold> thresholds, TimePoint start);

  // What a worker recorded since the last tick.
  void add(const Snapshot& delta);
  // The people under way at a worker now. All that were added since the last tick belong to the next one.
  void add(std::span<const OpenVisit> visits, TimePoint now) { arriving_.add(visits, now); }
  void add(const UnderWay& picture) { arriving_.merge(picture); }
  // Ends the interval since the last tick and judges the thresholds. `seen`, if given, receives the interval: its ends,
  // counts and who is under way. The caller fills in the rest.
  void tick(TimePoint now, const std::function<void(Interval&)>& seen = nullptr);
  // The load's arrivals are over: later time does not count in rates. At most once.
  void arrivals_ended(TimePoint at);
  // After the last tick: the final judgement.
  void finish();

  [[nodiscard]] const Snapshot& totals() const noexcept { return totals_; }
  // At the last tick.
  [[nodiscard]] const UnderWay& under_way() const noexcept { return under_way_; }
  [[nodiscard]] const std::vector<ThresholdResult>& thresholds() const noexcept { return judge_.results(); }
  // The threshold that wants the run to end now, or nullptr.
  [[nodiscard]] const ThresholdResult* abort() const noexcept { return judge_.abort(); }
  // Steps under way at the last tick that RecentFigures::error_rate counts as failed.
  [[nodiscard]] std::uint64_t overdue_steps() const;
  // The totals to show while the run goes on: steps under way are censored, and have failed if overdue.
  [[nodiscard]] Snapshot so_far() const;
  // Since the last interval with a response, up to the end of arrivals.
  [[nodiscard]] Silence silence() const;
  // Of the last ten seconds, or of the shorter time so far.
  [[nodiscard]] RecentFigures recent() const;

 private:
  // The data of an interval that recent() needs.
  struct RecentInterval {
    TimePoint begin;
    TimePoint end;
    std::uint64_t started = 0;
    std::uint64_t completed = 0;
    std::uint64_t finished_steps = 0;
    std::uint64_t failed_steps = 0;
    CensoredHistogram response_time;
  };

  std::shared_ptr<const MetricsLayout> layout_;
  TimePoint start_;
  TimePoint last_tick_;
  std::optional<TimePoint> arrivals_ended_;
  Snapshot second_;                 // since the last tick
  Snapshot totals_;                 // up to the last tick
  UnderWay arriving_;               // since the last tick
  UnderWay under_way_;              // at the last tick
  std::vector<Patience> patience_;  // by StepId
  ThresholdJudge judge_;
  TimePoint last_answer_;  // the end of the interval with the last response; before any response, the start
  Silence silence_;        // since then; its `lasted` is not kept
  std::deque<RecentInterval> recent_;
};

}  // namespace gelombang
