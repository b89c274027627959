#include "engine/load_run.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gelombang {

LoadRun::LoadRun(RunPlan plan, Scenario scenario)
    : plan_(std::move(plan)), scenario_(std::move(scenario)), timetable_(plan_.load.intensity) {}

LoadRun::~LoadRun() = default;

Result<std::unique_ptr<LoadRun>> LoadRun::prepare(RunPlan plan, Scenario scenario,
                                                  std::shared_ptr<const MetricsLayout> layout, const Clock& clock,
                                                  SocketGuard& guard, Mailbox* mail, PhotoStore& photos) {
  std::unique_ptr<LoadRun> run(new LoadRun(std::move(plan), std::move(scenario)));
  const UserHost::Dependencies dependencies{run->plan_,        run->scenario_,      clock, guard, mail, photos,
                                            std::move(layout), run->counters_.hosts};
  for (std::uint64_t i = 0; i < run->plan_.threads; ++i) {
    run->workers_.push_back(
        std::make_unique<Worker>(dependencies, run->counters_, Share{run->plan_.segment, i, run->plan_.threads}));
    const auto prepared = run->workers_.back()->prepare();
    if (!prepared) return prepared.error();
  }
  return run;
}

void LoadRun::start(TimePoint epoch) {
  epoch_ = epoch;
  arrivals_end_ = epoch + plan_.load.length();
  for (const auto& worker : workers_) worker->start(epoch);
}

Result<Steering> LoadRun::steer(SteeringAction action, double factor, Duration to, TimePoint now) {
  const Load& load = plan_.load;
  const TimePoint at = std::max(now + kSteeringLead, epoch_);
  if (!load.open()) return Error{"a closed load has no schedule to change: it can only be stopped"};
  if (at >= arrivals_end_) return Error{"the arrivals are over"};
  const Steering change{action, at - epoch_, factor, to};
  switch (action) {
    case SteeringAction::pause:
      if (timetable_.paused()) return Error{"the load is paused already"};
      break;
    case SteeringAction::resume:
      if (!timetable_.paused()) return Error{"the load is not paused"};
      break;
    case SteeringAction::rate:
      if (load.sessions) return Error{"recorded sessions keep their recorded times: the rate cannot be changed"};
      if (!(factor >= kLeastFactor && factor <= kMostFactor))
        return Error{fmt::format("rate factor {}: expected {} to {}", factor, kLeastFactor, kMostFactor)};
      break;
    case SteeringAction::jump:
      if (load.sessions) return Error{"recorded sessions keep their recorded times: a jump is not possible"};
      if (to < Duration::zero() || to >= load.length())
        return Error{fmt::format("cannot jump to this time: expected 0 or more, and less than {}",
                                 format_duration(load.length()))};
      break;
  }
  timetable_.apply(change);
  changes_.push_back(change);
  for (const auto& worker : workers_) worker->steer(change);
  const Duration end = timetable_.end();
  arrivals_end_ = end == Duration::max() ? TimePoint::max() : epoch_ + end;
  return change;
}

void LoadRun::stop_arrivals(TimePoint now) {
  if (now < arrivals_end_) {
    arrivals_end_ = now;
    cut_short_ = true;
  }
  for (const auto& worker : workers_) worker->stop_arrivals();
}

void LoadRun::interrupt(TimePoint now) {
  stop_arrivals(now);
  interrupted_ = true;
  for (const auto& worker : workers_) worker->interrupt();
}

bool LoadRun::tick(TimePoint now) {
  // A run that lacks a part of its load would measure a different load, so it stops.
  if ((counters_.feed_ran_dry || counters_.hosts.host_failed) && now < arrivals_end_) stop_arrivals(now);
  if (!interrupted_ && now >= arrivals_end_ && now - arrivals_end_ >= plan_.graceful_stop) interrupt(now);
  if (interrupted_) listen(now);
  return static_cast<std::size_t>(
             std::count_if(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->finished(); })) +
             left_behind() ==
         workers_.size();
}

void LoadRun::listen(TimePoint now) {
  silences_.resize(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Silence& silence = silences_[i];
    const std::int64_t heard = workers_[i]->health().observed.load(std::memory_order_relaxed);
    if (workers_[i]->finished()) {
      silence.for_good = false;  // it came back after all
    } else if (heard != silence.heard) {
      silence = {heard, now, 0, false};
    } else if (++silence.ticks >= kSilentTicks && now - silence.since >= kSilence) {
      silence.for_good = true;
    }
  }
}

std::size_t LoadRun::left_behind() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(silences_.begin(), silences_.end(), [](const Silence& silence) { return silence.for_good; }));
}

void LoadRun::join() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (i >= silences_.size() || !silences_[i].for_good) workers_[i]->join();
  }
}

std::vector<Recorder*> LoadRun::recorders() const {
  std::vector<Recorder*> recorders;
  for (const auto& worker : workers_) recorders.push_back(&worker->recorder());
  return recorders;
}

std::vector<const WorkerHealth*> LoadRun::health() const {
  std::vector<const WorkerHealth*> health;
  for (const auto& worker : workers_) health.push_back(&worker->health());
  return health;
}

void LoadRun::post_to_workers(const std::function<void()>& work) {
  for (const auto& worker : workers_) worker->post(work);
}

LoadRun::Users LoadRun::users() const {
  Users users;
  for (std::size_t i = 0; i < users.by_state.size(); ++i) {
    users.by_state[i] = static_cast<std::uint64_t>(std::max<std::int64_t>(0, counters_.hosts.users[i]));
  }
  users.active = counters_.places.taken();
  users.most_active = counters_.places.most();
  return users;
}

}  // namespace gelombang
