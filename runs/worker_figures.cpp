#include "runs/worker_figures.hpp"

#include "engine/load_run.hpp"

#include <optional>

namespace gelombang {

WorkerFigures::WorkerFigures(const LoadRun& run, const std::shared_ptr<const MetricsLayout>& layout)
    : run_(run), delta_(layout), under_way_(*layout), cut_off_(layout) {}

void WorkerFigures::take_from(Recorder& recorder, SampledDetails& details) {
  open_.clear();
  recorder.take(delta_, open_);
  recorder.take(details);
  under_way_.clear();
}

void WorkerFigures::take(TimePoint now, const Receiver& receiver, SampledDetails& details) {
  for (Recorder* recorder : run_.recorders()) {
    take_from(*recorder, details);
    under_way_.add(open_, now);
    receiver(delta_, under_way_);
  }
}

void WorkerFigures::take_last(TimePoint now, const Receiver& receiver, SampledDetails& details) {
  for (Recorder* recorder : run_.recorders()) {
    take_from(*recorder, details);
    receiver(delta_, under_way_);
    cut_off(now);
  }
  take_from(cut_off_, details);
  receiver(delta_, under_way_);
}

// Workers end their visits themselves, except a worker whose script does not return.
void WorkerFigures::cut_off(TimePoint now) {
  for (const OpenVisit& visit : open_) {
    std::optional<StepId> step;
    if (visit.step) {
      step = visit.step->step;
      cut_off_.step(*step, {visit.step->response_age(now), visit.step->service_age(now), Outcome::interrupted});
    }
    cut_off_.iteration_finished(visit.journey, {now - visit.started, Outcome::interrupted});
    cut_off_.person(visit.journey,
                    {PersonFate::interrupted, step, ErrorClass::none, now - visit.intended, step.has_value()});
  }
}

FigureSource::Users WorkerFigures::users() const {
  const LoadRun::Users users = run_.users();
  return {users.by_state, users.most_active};
}

bool WorkerFigures::target_answered() const { return run_.target_answered(); }

std::vector<const WorkerHealth*> WorkerFigures::health() const { return run_.health(); }

FigureSource::Schedule WorkerFigures::schedule() const {
  return {run_.timetable(), run_.changes(), run_.arrivals_end(), run_.cut_short()};
}

}  // namespace gelombang
