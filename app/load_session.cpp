#include "app/load_session.hpp"

#include "app/control_api.hpp"
#include "app/control_keys.hpp"
#include "app/exit.hpp"
#include "app/fit.hpp"
#include "app/live_control.hpp"
#include "app/live_page.hpp"
#include "app/plan_json.hpp"
#include "app/progress.hpp"
#include "app/progress_counts.hpp"
#include "app/run_history.hpp"
#include "app/run_watch.hpp"
#include "app/say.hpp"
#include "app/session_setup.hpp"
#include "app/terminal.hpp"
#include "app/version.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/units.hpp"
#include "engine/load_run.hpp"
#include "metrics/exposition.hpp"
#include "metrics/history_writer.hpp"
#include "metrics/json_writer.hpp"
#include "metrics/metrics_server.hpp"
#include "metrics/summary.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 100ms;  // how often the end of the run is looked for
constexpr Duration kTick = 1s;     // how often figures are brought together

std::string new_run_id(WallTime at) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(static_cast<std::time_t>(seconds)),
                     mix64(static_cast<std::uint64_t>(at.time_since_epoch().count())) & 0xFFFF);
}

class LoadSession {
 public:
  LoadSession(PreparedRun prepared, const RunOptions& run_options, const SessionOptions& options,
              std::optional<WallTime> start_at)
      : start_at_(start_at),
        prepared_(std::move(prepared)),
        run_options_(run_options),
        options_(options),
        terminal_(STDERR_FILENO, options.color),
        progress_(terminal_),
        watch_(prepared_, clock_),
        signals_(io_),
        timer_(io_),
        id_(new_run_id(clock_.wall_now())) {}

  int play();

 private:
  // Empty, or why nothing was sent.
  std::optional<ExitReason> set_up();
  void announce() const;
  void start();
  void open_control();
  void on_signal();
  void stop(const std::string& why);
  void look();
  void tick(TimePoint now);
  void show_progress(TimePoint now);
  void publish(bool final);
  // With what only the session knows.
  [[nodiscard]] Summary summary_of(RunFacts facts) const;
  int finish();
  // Once, where the recording has stopped.
  void mind_history();
  void end_history(const Summary& summary, const std::string& json);
  bool write_json(const std::string& text) const;
  void wait_for(Duration most, const std::function<bool()>& done);
  void linger();

  std::optional<WallTime> start_at_;
  SystemClock clock_;
  PreparedRun prepared_;
  const RunOptions& run_options_;
  const SessionOptions& options_;
  Terminal terminal_;
  Progress progress_;
  RunWatch watch_;
  Duration linger_{};
  Duration poll_interval_{};

  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;

  std::unique_ptr<MetricsServer> server_;
  std::unique_ptr<ConsentGuard> guard_;
  std::unique_ptr<MailWatcher> mail_;
  std::unique_ptr<LoadRun> run_;
  std::shared_ptr<LoadExposition> exposition_;
  std::unique_ptr<HistoryWriter> history_;
  bool history_minded_ = false;
  std::optional<LiveControl> control_;
  std::unique_ptr<ControlApi> control_api_;
  std::unique_ptr<ControlKeys> control_keys_;
  std::optional<LivePage> live_page_;

  std::string id_;
  WallTime started_wall_{};
  WallTime ended_wall_{};
  TimePoint next_tick_{};
  int signals_seen_ = 0;
  bool stop_asked_for_ = false;  // by a key or over HTTP
  bool aborted_ = false;
  bool over_ = false;
  std::vector<ExitReason> reasons_;
  std::uint64_t requests_before_ = 0;
};

std::optional<ExitReason> LoadSession::set_up() {
  const auto bad = [](std::string text) { return ExitReason{ExitCause::configuration, std::move(text)}; };
  const auto linger = parse_duration(options_.linger);
  if (linger.has_error()) return bad("--linger: " + linger.error().message);
  linger_ = linger.value();
  const RunPlan& plan = prepared_.plan;
  const FitReport fit = fit_of(prepared_);
  for (const std::string& problem : fit.doubtful) spdlog::warn("may not fit: {}", problem);
  if (!fit.impossible.empty()) {
    return bad(fmt::format("does not fit: {}; nothing was sent", fmt::join(fit.impossible, "; ")));
  }
  if (plan.load.open()) prepared_.planned = fit.need.planned_iterations;
  if (options_.metrics_listen != "off") {
    std::vector<std::string> expressions;
    for (const Threshold& threshold : prepared_.thresholds) expressions.push_back(threshold.expression);
    exposition_ = std::make_shared<LoadExposition>(
        LoadExposition::RunInfo{id_, prepared_.scenario.name, plan.load.name, kVersion}, prepared_.layout,
        std::move(expressions));
    auto server = MetricsServer::open(options_.metrics_listen, exposition_, clock_);
    if (server.has_error())
      return bad("--metrics-listen: " + server.error().message + "; give another address, or off");
    server_ = std::move(server.value());
    live_page_.emplace(*server_, prepared_.layout, plan.settings.seed, plan_json(run_options_, options_, prepared_),
                       clock_);
  }
  auto mail = open_mailbox(options_, run_options_, clock_, poll_interval_);
  if (mail.has_error()) return bad(mail.error().message);
  mail_ = std::move(mail.value());
  auto guard = guard_options(run_options_, options_, plan);
  if (guard.has_error()) return bad(guard.error().message);
  guard.value().on_withdrawn = [this](std::string reason) {
    boost::asio::post(io_, [this, reason = std::move(reason)] {
      reasons_.push_back({ExitCause::refused, reason});
      if (run_) run_->interrupt(clock_.now());
    });
  };
  const AddressResolver resolve = guard.value().resolve = resolve_once();
  guard_ = std::make_unique<ConsentGuard>(std::move(guard.value()), clock_);
  if (prepared_.target) {
    TargetAdmission admission = admit_target(*prepared_.target, *guard_, resolve);
    if (!admission.admitted) return ExitReason{ExitCause::refused, admission.reason};
    prepared_.plan.resolve = std::move(admission.resolve);
  }
  prepared_.plan.keep_traces = !options_.no_history;
  auto run = LoadRun::prepare(prepared_.plan, prepared_.scenario, prepared_.layout, clock_, *guard_, mail_.get(),
                              *prepared_.photos);
  if (run.has_error()) return bad(run.error().message);
  run_ = std::move(run.value());
  auto history = open_run_history(run_options_, options_, prepared_, id_, clock_.wall_now());
  if (history.has_error()) return bad(history.error().message);
  history_ = std::move(history.value());
  return std::nullopt;
}

void LoadSession::announce() const {
  const RunPlan& plan = prepared_.plan;
  say("{} {}  run {}  seed {}  load {}  threads {}  at most {} users\n", terminal_.paint(Color::bold, "gelombang"),
      kVersion, id_, plan.settings.seed, plan.load.name, plan.threads, plan.max_users);
  say("scenario {}{}{}\n", prepared_.scenario.name, prepared_.target ? "  target " : "",
      prepared_.target ? prepared_.target->text : "");
  if (server_) say("metrics  {}\nlive     {}\n", server_->url(), server_->url("/"));
  if (run_options_.insecure) {
    say("{}\n", terminal_.paint(Color::yellow, "warning: --insecure: certificates are not verified"));
  }
}

void LoadSession::start() {
  const WallTime now = clock_.wall_now();
  if (start_at_ && *start_at_ < now) spdlog::warn("--start-at was over before everything was set up: starting now");
  // A moment for the threads to be up, so that the first arrival is on time.
  const TimePoint epoch = clock_.now() + std::max<Duration>(start_at_.value_or(now) - now, 50ms);
  started_wall_ = now + (epoch - clock_.now());
  announce();
  if (history_) {
    history_->started(started_wall_, epoch);
    watch_.observe([this](const Interval& interval) { history_->add(interval); });
    watch_.listen([this](const Annotation& annotation) { history_->annotate(annotation); });
  }
  if (live_page_) {
    watch_.observe([this](const Interval& interval) { live_page_->add(interval); });
    watch_.listen([this](const Annotation& annotation) { live_page_->annotate(annotation); });
  }
  watch_.start(*run_, mail_.get(), epoch);
  next_tick_ = epoch + kTick;
  run_->start(epoch);
  open_control();
}

void LoadSession::open_control() {
  control_.emplace(*run_, clock_,
                   LiveControl::Hooks{[this] {
                                        stop_asked_for_ = true;
                                        stop("stopped on request");
                                      },
                                      [this](const std::string& text) { watch_.annotate("control", text); }});
  if (server_) {
    auto api = ControlApi::open(*server_, *control_, io_.get_executor(), id_);
    if (api.has_error()) {
      spdlog::warn("no live control over HTTP: {}", api.error().message);
    } else {
      control_api_ = std::move(api.value());
      say("control  {}, token in {}\n", server_->url(ControlApi::kPath), control_api_->token_file());
    }
  }
  if (!terminal_.interactive()) return;
  control_keys_ = ControlKeys::open(io_, *control_, [this](const std::string& text) {
    progress_.clear();
    say("{}\n", text);
  });
  if (control_keys_) progress_.set_hint(std::string(ControlKeys::kHelp));
}

void LoadSession::stop(const std::string& why) {
  progress_.clear();
  reasons_.push_back({ExitCause::stopped, why});
  say("stopping: what is under way may take {}; {}\n", format_duration(prepared_.plan.graceful_stop),
      signals_seen_ > 0 ? "once more to stop now" : "Ctrl-C to stop sooner");
  run_->stop_arrivals(clock_.now());
}

void LoadSession::on_signal() {
  ++signals_seen_;
  if (over_) return;  // only the last scrape is waited for
  progress_.clear();
  const int stops = signals_seen_ + (stop_asked_for_ ? 1 : 0);
  if (stops == 1) {
    watch_.annotate("stop", "a signal: no new arrivals");
    stop("stopped by a signal");
  } else if (stops == 2) {
    watch_.annotate("stop", "a further signal: what was under way was cut off");
    run_->interrupt(clock_.now());
  } else {
    // A script that never yields cannot be asked to stop.
    control_keys_.reset();
    control_api_.reset();
    say("gelombang: killed by the third signal, without a summary\n");
    std::_Exit(static_cast<int>(ExitCause::stopped));
  }
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) on_signal();
  });
}

void LoadSession::tick(TimePoint now) {
  watch_.tick(now);
  mind_history();
  publish(false);
  show_progress(now);
  if (const ThresholdResult* abort = watch_.figures().abort(); abort != nullptr && !aborted_) {
    aborted_ = true;
    progress_.clear();
    const std::string& expression = abort->threshold.expression;
    say("aborting: {}\n", expression);
    // It holds whatever the last answers do to the figure.
    reasons_.push_back({ExitCause::failed, fmt::format("aborted by threshold '{}'", expression)});
    watch_.annotate("stop", fmt::format("aborted by threshold '{}'", expression));
    run_->interrupt(now);
  }
}

void LoadSession::publish(bool final) {
  if (exposition_) exposition_->publish(watch_.figures().totals(), watch_.live(clock_.now(), final));
  if (final || !live_page_ || !live_page_->watched()) return;
  live_page_->show(ReportDocument::State::running, summary_json(summary_of(watch_.facts_so_far(clock_.now()))));
}

Summary LoadSession::summary_of(RunFacts facts) const {
  facts.id = id_;
  facts.started_at = started_wall_;
  facts.ended_at = over_ ? ended_wall_ : clock_.wall_now();
  if (history_) facts.history = history_->path();
  if (mail_) facts.mailbox_poll_interval = poll_interval_;
  return make_summary(std::move(facts), watch_.figures().totals(), watch_.figures().thresholds(), watch_.validity());
}

void LoadSession::show_progress(TimePoint now) {
  const Snapshot& totals = watch_.figures().totals();
  const RecentFigures recent = watch_.figures().recent();
  ProgressFigures figures;
  figures.elapsed = std::max(Duration::zero(), now - watch_.epoch());
  const Load& load = prepared_.plan.load;
  figures.position = load.open() ? run_->timetable().position(figures.elapsed) : figures.elapsed;
  figures.length = load.length();
  figures.deviation = control_->deviation();
  figures.stopping = watch_.arrivals_over();
  figures.rate_asked = watch_.rate_asked(now);
  figures.rate_achieved = recent.started_rate;
  const std::uint64_t requests = count_progress(totals, figures);
  figures.requests = static_cast<double>(requests - std::min(requests, requests_before_));
  requests_before_ = requests;
  figures.users_busy = static_cast<std::int64_t>(run_->users().active);
  figures.retrying = run_->users().by_state[static_cast<std::size_t>(UserState::retrying)];
  if (recent.response_time_p95) figures.p95 = recent.response_time_p95->value;
  const MailWatcher::Tally& mail = watch_.mail();
  figures.warnings =
      progress_warnings(totals, watch_.validity(), mail.healthy ? "" : "unreadable: " + mail.fault_detail);
  progress_.show(figures);
}

void LoadSession::look() {
  const TimePoint now = clock_.now();
  const bool over = run_->tick(now);
  if (now >= next_tick_) {
    tick(now);
    while (next_tick_ <= now) next_tick_ += kTick;
  }
  if (over) {
    io_.stop();
    return;
  }
  timer_.expires_at(std::min<TimePoint>(now + kLook, next_tick_));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
}

void LoadSession::mind_history() {
  if (!history_ || history_minded_) return;
  const auto problem = history_->problem();
  if (!problem) return;
  history_minded_ = true;
  progress_.clear();
  spdlog::warn("the history of this run is incomplete: {}", *problem);
  watch_.annotate("history", "the recording stopped: " + *problem);
}

void LoadSession::end_history(const Summary& summary, const std::string& json) {
  if (!history_ || history_minded_) return;
  history_->finish({ended_wall_, std::string(verdict(summary.exit_reasons)),
                    std::string(kValidityStateNames[static_cast<std::size_t>(summary.validity.state)]),
                    exit_code(summary.exit_reasons), json});
  history_->flush();
  mind_history();
}

bool LoadSession::write_json(const std::string& text) const {
  if (options_.json == "-") {
    const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    if (!written) say("gelombang: --json: stdout: {}\n", std::strerror(errno));
    return written;
  }
  const auto written = write_file(options_.json, text);
  if (written.has_error()) say("gelombang: --json: {}\n", written.error().message);
  return written.has_value();
}

void LoadSession::wait_for(Duration most, const std::function<bool()>& done) {
  const TimePoint until = clock_.now() + most;
  io_.restart();
  std::function<void()> wait = [&] {
    if (done() || clock_.now() >= until || signals_seen_ > 0) return io_.stop();
    timer_.expires_after(std::chrono::milliseconds(50));
    timer_.async_wait([&](const boost::system::error_code&) { wait(); });
  };
  wait();
  io_.run();
}

// Whoever follows the run sees its end: the live page, and, if somebody scrapes at all, the last scrape.
void LoadSession::linger() {
  if (!server_ || linger_ == Duration::zero() || signals_seen_ > 0) return;
  const std::uint64_t before = server_->scrapes();
  if (before > 0) {
    say("waiting up to {} for the last scrape of {}\n", format_duration(linger_), server_->url());
    wait_for(linger_, [&] { return server_->scrapes() > before; });
  }
  if (live_page_->watched()) wait_for(LivePage::kPatience, [this] { return live_page_->seen(); });
}

int LoadSession::finish() {
  run_->join();
  over_ = true;
  control_keys_.reset();
  control_api_.reset();
  ended_wall_ = clock_.wall_now();
  if (run_->feed_ran_dry())
    reasons_.push_back({ExitCause::script_error, "a queue of the scenario ran dry: the run was stopped"});
  if (run_->worker_failed()) reasons_.push_back({ExitCause::invalid_run, "a worker of the generator failed"});
  watch_.finish(clock_.now());
  if (history_) history_->flush();
  mind_history();
  publish(true);
  progress_.clear();
  const Summary summary = summary_of(watch_.facts(clock_.now(), reasons_));
  const bool json_on_stdout = options_.json == "-";
  const Terminal out(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, options_.color);
  std::fputs(summary_text(summary, out.color()).c_str(), json_on_stdout ? stderr : stdout);
  std::fflush(stdout);
  const std::string json = summary_json(summary);
  if (!options_.json.empty()) write_json(json);
  end_history(summary, json);
  if (live_page_) live_page_->show(ReportDocument::State::finished, json);
  linger();
  const int code = exit_code(summary.exit_reasons);
  const ExitReason* why = gravest(summary.exit_reasons);
  if (why != nullptr) say("gelombang: exit {}: {}\n", code, why->text);
  return code;
}

int LoadSession::play() {
  if (const auto reason = set_up()) return refuse(reason->cause, reason->text);
  start();
  // Until now nothing was sent, and a signal may simply end the process.
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) on_signal();
  });
  look();
  io_.run();
  const int code = finish();
  // Their threads may still answer to the workers' loops, which go with the run.
  guard_.reset();
  mail_.reset();
  return code;
}

}  // namespace

int run_load(const RunOptions& run_options, const SessionOptions& session_options) {
  SystemClock clock;
  const auto start = parse_start(session_options.start_at, clock.wall_now());
  if (start.has_error()) return refuse(ExitCause::configuration, start.error().message);
  auto prepared = prepare_run(run_options);
  if (prepared.has_error()) return refuse(ExitCause::configuration, prepared.error().message);
  if (!prepared.value().target) {
    return refuse(ExitCause::configuration,
                  "--target is missing: the base URL to play against, such as http://127.0.0.1:8080");
  }
  if (const auto usable = check_session(session_options, prepared.value()); usable.has_error()) {
    return refuse(ExitCause::configuration, usable.error().message);
  }
  const bool at_once = session_options.start_at.empty();
  LoadSession session(std::move(prepared.value()), run_options, session_options,
                      at_once ? std::nullopt : std::optional(start.value()));
  return session.play();
}

}  // namespace gelombang
