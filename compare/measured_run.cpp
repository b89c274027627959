#include "compare/measured_run.hpp"

#include "metrics/thresholds/judge.hpp"

namespace gelombang {
namespace {

void add(MeasuredSeries& series, const Threshold& selection, ThresholdData& scratch, const Snapshot& delta) {
  scratch.durations.clear();
  scratch.counted = scratch.all = 0;
  scratch.add(selection, delta);
  if (selection.is_latency()) {
    series.durations.add(scratch.durations);
    return;
  }
  const bool served = selection.metric == ThresholdMetric::served_rate;
  series.bad.add(served ? scratch.all - std::min(scratch.counted, scratch.all) : scratch.counted, scratch.all);
}

void add_answers(MeasuredRun& measured, const Interval& interval) {
  measured.measured_until = interval.end;
  bool answers = false;
  for (const StepSnapshot& step : interval.delta.steps) {
    answers = answers || answered(step.requests) > 0;
    const Silence quiet = unanswered(step.requests);
    measured.unanswered.failed += quiet.failed;
    measured.unanswered.interrupted += quiet.interrupted;
  }
  if (answers) {
    measured.last_answer = interval.end;
    measured.unanswered = {};
  }
  for (const JourneySnapshot& journey : interval.delta.journeys) {
    if (journey.started + journey.total_dropped() > 0) measured.last_arrival = interval.end;
  }
}

}  // namespace

Result<MeasuredRun> measure_run(HistoryReader& history, const RunRecord& run, std::span<const Threshold> selections,
                                std::optional<Duration> until) {
  MeasuredRun measured{std::vector<MeasuredSeries>(selections.size()), Snapshot(run.layout)};
  std::vector<ThresholdData> scratch(selections.size(), ThresholdData(run.layout->boundaries));
  const auto read = history.intervals(run, [&](const Interval& interval) {
    if (until && interval.end > *until) return;
    ++measured.intervals;
    measured.validity = interval.validity;
    measured.totals.merge(interval.delta);
    add_answers(measured, interval);
    for (std::size_t i = 0; i < selections.size(); ++i) {
      add(measured.series[i], selections[i], scratch[i], interval.delta);
    }
  });
  if (!read) return read.error();
  return measured;
}

}  // namespace gelombang
