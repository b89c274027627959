#include "runs/played_run.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/say.hpp"
#include "base/units.hpp"
#include "base/version.hpp"
#include "runs/fit.hpp"
#include "runs/progress_counts.hpp"
#include "runs/run_history.hpp"
#include "runs/session_setup.hpp"
#include "runs/target_admission.hpp"

#include <boost/asio/post.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

ExitReason bad(std::string text) { return {ExitCause::configuration, std::move(text)}; }

}  // namespace

std::string new_run_id(WallTime at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(static_cast<std::time_t>(seconds)),
                     mix64(static_cast<std::uint64_t>(at.time_since_epoch().count())) & 0xFFFF);
}

PlayedRun::PlayedRun(PreparedRun prepared, const RunRequest& request, Identity identity, PlayLoop& loop)
    : prepared_(std::move(prepared)),
      request_(request),
      options_(request.session),
      identity_(std::move(identity)),
      loop_(loop),
      clock_(loop.clock()),
      figures_(prepared_, clock_) {}

PlayedRun::~PlayedRun() {
  // Their threads may still post answers to the workers' loops, which are destroyed with the run.
  guard_.reset();
  mail_.reset();
}

std::optional<ExitReason> PlayedRun::open_server() {
  if (options_.metrics_listen == "off") return std::nullopt;
  const RunPlan& plan = prepared_.plan;
  std::vector<std::string> expressions;
  for (const Threshold& threshold : prepared_.thresholds) expressions.push_back(threshold.expression);
  exposition_ = std::make_shared<LoadExposition>(
      LoadExposition::RunInfo{identity_.id, prepared_.scenario.name, plan.load.name, kVersion}, prepared_.layout,
      std::move(expressions));
  auto names = ServedNames::with(options_.metrics_names);
  if (!names) return bad("--metrics-name: " + names.error().message);
  auto server = MetricsServer::open(options_.metrics_listen, exposition_, clock_, std::move(*names));
  if (!server) return bad("--metrics-listen: " + server.error().message + "; give another address, or off");
  server_ = std::move(*server);
  live_page_.emplace(*server_, prepared_.layout, plan.settings.seed, identity_.plan, clock_);
  return std::nullopt;
}

std::optional<ExitReason> PlayedRun::open_guard() {
  auto guard = guard_options(request_, prepared_.plan);
  if (!guard) return bad(guard.error().message);
  guard->on_withdrawn = [this](std::string reason) {
    boost::asio::post(loop_.io(), [this, alive = std::weak_ptr(alive_), reason = std::move(reason)] {
      if (alive.expired()) return;
      reasons_.push_back({ExitCause::refused, reason});
      if (run_) run_->interrupt(clock_.now());
    });
  };
  const AddressResolver resolve = guard->resolve = resolve_once();
  guard_ = std::make_unique<ConsentGuard>(std::move(*guard), clock_);
  if (!prepared_.target) return std::nullopt;
  TargetAdmission admission = admit_target(*prepared_.target, prepared_.plan, *guard_, resolve,
                                           options_.skip_preflight ? FirstLook::skipped : FirstLook::taken);
  if (admission.refusal) return admission.refusal;
  prepared_.plan.resolve = std::move(admission.resolve);
  return std::nullopt;
}

std::optional<ExitReason> PlayedRun::set_up() {
  const FitReport fit = fit_of(prepared_);
  for (const std::string& problem : fit.doubtful) spdlog::warn("may not fit: {}", problem);
  if (!fit.impossible.empty()) {
    return bad(fmt::format("does not fit: {}; nothing was sent", fmt::join(fit.impossible, "; ")));
  }
  if (prepared_.plan.load.open()) prepared_.planned = fit.need.planned_iterations;
  if (auto reason = open_server()) return reason;
  if (auto reason = open_guard()) return reason;
  auto mail = open_mailbox(request_, clock_, poll_interval_);
  if (!mail) return bad(mail.error().message);
  mail_ = std::move(*mail);
  prepared_.plan.keep_details = !options_.no_history;
  auto run = LoadRun::prepare(prepared_.plan, prepared_.scenario, prepared_.layout, clock_, *guard_, mail_.get(),
                              *prepared_.photos);
  if (!run) return bad(run.error().message);
  run_ = std::move(*run);
  auto history = open_run_history(options_, prepared_, identity_.id, identity_.plan, clock_.wall_now());
  if (!history) return bad(history.error().message);
  history_ = std::move(*history);
  return std::nullopt;
}

void PlayedRun::start(std::optional<WallTime> at) {
  const WallTime now = clock_.wall_now();
  if (at && *at < now) spdlog::warn("the time of --start-at passed during the set-up: starting now");
  // Gives the threads a moment to start, so that the first arrival is on time.
  const TimePoint epoch = clock_.now() + std::max<Duration>(at.value_or(now) - now, 50ms);
  started_wall_ = at && *at >= now ? *at : now + (epoch - clock_.now());
  if (history_) {
    history_->started(started_wall_, epoch);
    figures_.observe([this](const Interval& interval) { history_->add(interval); });
    figures_.listen([this](const Annotation& annotation) { history_->annotate(annotation); });
  }
  if (live_page_) {
    figures_.observe([this](const Interval& interval) { live_page_->add(interval); });
    figures_.listen([this](const Annotation& annotation) { live_page_->annotate(annotation); });
  }
  source_.emplace(*run_, prepared_.layout);
  figures_.start(*source_, mail_.get(), epoch);
  run_->start(epoch);
}

void PlayedRun::withdraw() {
  if (!history_) return;
  history_->withdraw();
  history_->flush();
}

void PlayedRun::play(Hooks hooks) {
  hooks_ = std::move(hooks);
  PlayLoop::Play play;
  play.epoch = figures_.epoch();
  play.over = [this](TimePoint now) { return run_->tick(now); };
  play.each_second = [this](TimePoint now) { tick(now); };
  play.stop = [this] {
    annotate("stop", "a signal: no new arrivals");
    stop("stopped by a signal");
  };
  play.interrupt = [this] {
    if (hooks_.before_line) hooks_.before_line();
    annotate("stop", "a further signal: the iterations under way were cut off");
    interrupt();
  };
  loop_.play(play);
}

void PlayedRun::tick(TimePoint now) {
  figures_.tick(now);
  mind_history();
  publish();
  if (hooks_.each_second) hooks_.each_second(now);
}

void PlayedRun::publish(std::string_view verdict) {
  const bool final = !verdict.empty();
  if (exposition_) {
    LiveFigures live = figures_.live(clock_.now(), final);
    live.verdict = verdict;
    exposition_->publish(figures_.aggregator().totals(), std::move(live));
  }
  if (final || !live_page_ || !live_page_->followed()) return;
  const Summary summary = summary_of(figures_.facts_so_far(clock_.now()));
  live_page_->show(ReportDocument::State::running, summary_json(summary), summary.run.first_failures,
                   figures_.aggregator().recent());
}

Summary PlayedRun::summary_of(RunFacts facts) const {
  facts.id = identity_.id;
  facts.started_at = started_wall_;
  facts.first_failures = figures_.first_failures().list(started_wall_);
  facts.ended_at = over_ ? ended_wall_ : clock_.wall_now();
  if (history_) facts.history = history_->path();
  facts.history_given = !options_.history.empty();
  if (mail_) facts.mailbox_poll_interval = poll_interval_;
  const Aggregator& aggregator = figures_.aggregator();
  return make_summary(std::move(facts), over_ ? aggregator.totals() : aggregator.so_far(), aggregator.thresholds(),
                      figures_.validity());
}

ProgressFigures PlayedRun::progress(TimePoint now) {
  const Snapshot& totals = figures_.aggregator().totals();
  const RecentFigures recent = figures_.aggregator().recent();
  ProgressFigures figures;
  figures.elapsed = std::max(Duration::zero(), now - figures_.epoch());
  const Load& load = prepared_.plan.load;
  figures.position = load.open() ? run_->timetable().position(figures.elapsed) : figures.elapsed;
  figures.length = load.length();
  figures.stopping = figures_.arrivals_over();
  figures.rate_asked = figures_.rate_asked(now);
  figures.rate_achieved = recent.started_rate;
  const std::uint64_t requests = count_progress(totals, figures_.aggregator().overdue_steps(), figures);
  figures.requests = static_cast<double>(requests - std::min(requests, requests_before_));
  requests_before_ = requests;
  figures.users_busy = static_cast<std::int64_t>(run_->users().active);
  figures.retrying = run_->users().by_state[static_cast<std::size_t>(UserState::retrying)];
  figures.recent_error_rate = recent.error_rate;
  figures.p95 = recent.response_time_p95;
  const Mailbox::Tally& mail = figures_.mail();
  figures.warnings =
      progress_warnings(totals, figures_.validity(), mail.healthy ? "" : "unreadable: " + mail.fault_detail);
  return figures;
}

void PlayedRun::mind_history() {
  if (!history_ || history_minded_) return;
  const auto problem = history_->problem();
  if (!problem) return;
  history_minded_ = true;
  if (hooks_.before_line) hooks_.before_line();
  spdlog::warn("the history of this run is incomplete: {}", *problem);
  figures_.annotate("history", "the recording stopped: " + *problem);
}

std::optional<std::string> PlayedRun::lost_history() const {
  if (!history_minded_ || options_.history.empty()) return std::nullopt;
  return "--history: " + *history_->problem();
}

void PlayedRun::stop(std::string why) {
  if (hooks_.before_line) hooks_.before_line();
  say("stopping: iterations under way may take {}; {}\n", format_duration(prepared_.plan.graceful_stop),
      loop_.signals() > 0 ? "once more to stop now" : "Ctrl-C to stop sooner");
  reasons_.push_back({ExitCause::stopped, std::move(why)});
  run_->stop_arrivals(clock_.now());
}

void PlayedRun::interrupt(ExitReason reason) {
  reasons_.push_back(std::move(reason));
  interrupt();
}

Summary PlayedRun::finish() {
  run_->join();
  over_ = true;
  ended_wall_ = clock_.wall_now();
  if (run_->feed_ran_dry())
    reasons_.push_back({ExitCause::script_error, "a queue of the scenario ran dry: the run was stopped"});
  if (const std::size_t stuck = run_->left_behind(); stuck > 0) {
    const std::string why =
        fmt::format("a script does not return: {} of {} workers were abandoned with the iterations under way there",
                    stuck, prepared_.plan.threads);
    figures_.annotate("stop", why);
    reasons_.push_back({ExitCause::script_error, why});
  }
  if (run_->worker_failed()) reasons_.push_back({ExitCause::invalid_run, "a worker of the generator failed"});
  figures_.finish(clock_.now());
  if (history_) history_->flush();
  mind_history();
  Summary summary = summary_of(figures_.facts(clock_.now(), reasons_));
  publish(verdict(summary.exit_reasons));
  return summary;
}

void PlayedRun::keep(const Summary& summary, const std::string& json) {
  if (history_ && !history_minded_) {
    history_->finish({ended_wall_, std::string(verdict(summary.exit_reasons)),
                      std::string(kValidityStateNames[static_cast<std::size_t>(summary.validity.state)]),
                      exit_code(summary.exit_reasons), json});
    history_->flush();
    mind_history();
  }
  if (live_page_) live_page_->show(ReportDocument::State::finished, json, summary.run.first_failures);
}

}  // namespace gelombang
