#include "engine/load_run.hpp"
#include "probes/consent/guard.hpp"
#include "runs/play_loop.hpp"
#include "runs/run_figures.hpp"
#include "runs/run_request.hpp"
#include "runs/session_setup.hpp"
#include "runs/worker_figures.hpp"
#include "selftest/stage.hpp"

#include <fmt/format.h>

#include <thread>

namespace gelombang::selftest {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 20ms;

RunRequest request_of(const Stage& stage, const StageSetting& setting) {
  RunRequest request;
  request.scenario = setting.scenario;
  request.target = fmt::format("http://127.0.0.1:{}", setting.server->port());
  request.settings = {{"stage", stage.name}, {"refused", fmt::format("{}", setting.server->refused_port())}};
  request.seed = 1;
  request.threads = setting.threads;
  request.catch_up = stage.catch_up;
  request.graceful_stop = stage.graceful_stop;
  return request;
}

// Freezes the server or holds the workers at the set time; says how long the server was frozen.
class Disturber {
 public:
  Disturber(const Stage& stage, const Server& server, LoadRun& run, TimePoint epoch) : server_(server), run_(run) {
    if (!stage.disturbance) return;
    what_ = *stage.disturbance;
    next_ = epoch + what_.at;
  }
  ~Disturber() {
    if (is_frozen_) server_.thaw();
  }
  Disturber(const Disturber&) = delete;
  Disturber& operator=(const Disturber&) = delete;

  [[nodiscard]] TimePoint next() const noexcept { return next_; }
  [[nodiscard]] Duration frozen() const noexcept { return frozen_; }
  void look(TimePoint now) {
    if (now < next_) return;
    if (what_.kind == Disturbance::Kind::stall) {
      run_.post_to_workers([length = what_.length] { std::this_thread::sleep_for(length); });
      next_ = TimePoint::max();
    } else if (!is_frozen_) {
      server_.freeze();
      is_frozen_ = true;
      frozen_since_ = now;
      next_ = now + what_.length;
    } else {
      server_.thaw();
      frozen_ = now - frozen_since_;
      is_frozen_ = false;
      next_ = TimePoint::max();
    }
  }

 private:
  const Server& server_;
  LoadRun& run_;
  Disturbance what_;
  TimePoint next_ = TimePoint::max();
  bool is_frozen_ = false;
  TimePoint frozen_since_{};
  Duration frozen_{};
};

}  // namespace

Result<StageFigures> play(const Stage& stage, const StageSetting& setting) {
  const Clock& clock = setting.loop->clock();
  const RunRequest request = request_of(stage, setting);
  auto prepared = prepare_run(request);
  if (!prepared) return prepared.error();
  const PreparedRun& plan = *prepared;
  auto guarded = guard_options(request, plan.plan);
  if (!guarded) return guarded.error();
  ConsentGuard guard(std::move(*guarded), clock);
  auto made = LoadRun::prepare(plan.plan, plan.scenario, plan.layout, clock, guard, nullptr, *plan.photos);
  if (!made) return made.error();
  LoadRun& run = **made;

  StageFigures result;
  const std::uint64_t seen_before = setting.server->requests();
  WorkerFigures source(run, plan.layout);
  RunFigures figures(plan, clock);
  result.epoch = clock.now() + 50ms;
  figures.start(source, nullptr, result.epoch);
  SchedulerProbe probe;
  run.start(result.epoch);
  Disturber disturber(stage, *setting.server, run, result.epoch);
  PlayLoop::Play played;
  played.epoch = result.epoch;
  played.over = [&](TimePoint now) {
    if (run.tick(now)) return true;
    disturber.look(now);
    return false;
  };
  played.each_second = [&](TimePoint now) {
    figures.tick(now);
    if (setting.each_second) setting.each_second();
  };
  // The figures of an unfinished stage say nothing, so nobody waits for requests under way.
  played.stop = [&] {
    result.stopped = true;
    run.interrupt(clock.now());
  };
  played.interrupt = [] {};
  played.patience = kLook;
  played.next_moment = [&disturber] { return disturber.next(); };
  setting.loop->play(played);
  run.join();
  result.scheduler = probe.finish();
  figures.finish(clock.now());
  result.frozen = disturber.frozen();
  result.summary = make_summary(figures.facts(clock.now(), {}), figures.aggregator().totals(),
                                figures.aggregator().thresholds(), figures.validity());
  result.server_requests = setting.server->requests() - seen_before;
  result.server_times = setting.server->times_from(seen_before);
  return result;
}

}  // namespace gelombang::selftest
