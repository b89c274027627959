// The figures of a run whose workers are threads of this process. After warm-up it allocates nothing: it keeps its
// snapshots and swaps them with those of the recorders.
#pragma once

#include "metrics/recorder.hpp"
#include "runs/figure_source.hpp"

#include <memory>
#include <vector>

namespace gelombang {

class LoadRun;

class WorkerFigures final : public FigureSource {
 public:
  // The run must outlive this object.
  WorkerFigures(const LoadRun& run, const std::shared_ptr<const MetricsLayout>& layout);

  void take(TimePoint now, const Receiver& receiver, SampledDetails& details) override;
  void take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) override;
  [[nodiscard]] Users users() const override;
  [[nodiscard]] bool target_answered() const override;
  [[nodiscard]] std::vector<const WorkerHealth*> health() const override;
  [[nodiscard]] Schedule schedule() const override;

 private:
  // Takes from one worker its delta and its visits under way.
  void take_from(Recorder& recorder, SampledDetails& details);
  void cut_off(TimePoint now);

  const LoadRun& run_;
  Snapshot delta_;               // its memory is swapped with the recorders' memory
  std::vector<OpenVisit> open_;  // reused for its memory, as the next one
  UnderWay under_way_;
  Recorder cut_off_;  // visits that their worker does not end itself
};

}  // namespace gelombang
