// The figures of a run whose workers are threads of this process. Once it is warm it allocates nothing: what it hands
// over are kept snapshots, which it swaps with the recorders' own.
#pragma once

#include "metrics/recorder.hpp"
#include "runs/figure_source.hpp"

#include <memory>
#include <vector>

namespace gelombang {

class LoadRun;

class WorkerFigures final : public FigureSource {
 public:
  // The run outlives it.
  WorkerFigures(const LoadRun& run, const std::shared_ptr<const MetricsLayout>& layout);

  void take(TimePoint now, const Receiver& receiver, SampledDetails& details) override;
  void take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) override;
  [[nodiscard]] Users users() const override;
  [[nodiscard]] bool target_answered() const override;
  [[nodiscard]] std::vector<const WorkerHealth*> health() const override;
  [[nodiscard]] Schedule schedule() const override;

 private:
  // Of one worker: its delta, and who is under way there.
  void take_from(Recorder& recorder, SampledDetails& details);
  void cut_off(TimePoint now);

  const LoadRun& run_;
  Snapshot delta_;               // its memory goes to the recorders and comes back
  std::vector<OpenVisit> open_;  // kept for its memory, as the next one
  UnderWay under_way_;
  Recorder cut_off_;  // those whose worker does not end their visits itself
};

}  // namespace gelombang
