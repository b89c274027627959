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
    for (std::size_t i = 0; i < selections.size(); ++i) {
      add(measured.series[i], selections[i], scratch[i], interval.delta);
    }
  });
  if (!read) return read.error();
  return measured;
}

}  // namespace gelombang
