#include "app/load_session.hpp"

#include "app/control_keys.hpp"
#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/local_time.hpp"
#include "base/log.hpp"
#include "base/output_document.hpp"
#include "base/say.hpp"
#include "base/terminal.hpp"
#include "base/units.hpp"
#include "base/version.hpp"
#include "metrics/history/file.hpp"
#include "reports/summary.hpp"
#include "runs/control_api.hpp"
#include "runs/live_control.hpp"
#include "runs/plan_json.hpp"
#include "runs/play_loop.hpp"
#include "runs/played_run.hpp"
#include "runs/progress.hpp"
#include "runs/session_setup.hpp"
#include "runs/start_time.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

class LoadSession {
 public:
  LoadSession(PreparedRun prepared, const RunRequest& request, OutputDocument& json, std::optional<WallTime> start_at)
      : start_at_(start_at),
        request_(request),
        options_(request.session),
        json_(json),
        terminal_(STDERR_FILENO, options_.color),
        progress_(terminal_),
        loop_(clock_),
        plan_(plan_json(request, prepared)),
        played_(std::move(prepared), request, {new_run_id(clock_.wall_now()), plan_}, loop_) {}

  int play();

 private:
  void announce();
  bool await_start();
  void open_control();
  void close_control();
  void tick(TimePoint now);
  void stop_unanswered();
  int finish();
  void unwritten(Summary& summary, const std::string& what) const;
  void linger();

  std::optional<WallTime> start_at_;
  SystemClock clock_;
  const RunRequest& request_;
  const SessionOptions& options_;
  OutputDocument& json_;
  Terminal terminal_;
  Progress progress_;

  PlayLoop loop_;
  std::string plan_;
  PlayedRun played_;
  std::optional<LiveControl> control_;
  std::unique_ptr<ControlApi> control_api_;
  std::unique_ptr<ControlKeys> control_keys_;

  bool aborted_ = false;
};

void LoadSession::announce() {
  const RunPlan& plan = played_.prepared().plan;
  const auto& target = played_.prepared().target;
  say("{} {}  run {}  seed {}  load {}  threads {}  at most {} users\n", terminal_.paint(Color::bold, "gelombang"),
      kVersion, played_.id(), plan.settings.seed, plan.load.name, plan.threads, plan.max_users);
  say("scenario {}{}{}\n", played_.prepared().scenario.name, target ? "  target " : "",
      target ? printable(target->text) : "");
  if (played_.server() != nullptr) {
    say("metrics  {}\nlive     {}\n", played_.server()->url(), played_.server()->url("/"));
  }
  if (request_.insecure) {
    say("{}\n", terminal_.paint(Color::yellow, "warning: --insecure: certificates are not verified"));
  }
}

// Waits for the start and shows the time left. Reads the time of day each time, so that a clock change or a sleeping
// machine does not move the start. Returns false if a signal ended the wait or the run may no longer start.
bool LoadSession::await_start() {
  if (!start_at_) return true;
  constexpr Duration kLead = 1s;  // to get everything ready
  Duration left = *start_at_ - clock_.wall_now();
  if (left > Duration::zero()) say("starts   {}, in {}\n", full_time_text(*start_at_), countdown_text(left));
  LiveBlock block(terminal_);
  loop_.wait(Duration::max() / 2, [&] {
    const Duration before = std::exchange(left, *start_at_ - clock_.wall_now());
    if (left <= kLead || played_.refusal() != nullptr) return true;
    if (terminal_.interactive()) {
      if (countdown_text(before) != countdown_text(left)) {
        block.draw({{"starts", {{"in " + countdown_text(left)}, {"Ctrl-C to give up", Color::dim}}}});
      }
    } else if (countdown_line_due(before, left)) {
      say("starts   in {}\n", countdown_text(left));
    }
    return false;
  });
  block.clear();
  return loop_.signals() == 0 && played_.refusal() == nullptr;
}

void LoadSession::open_control() {
  control_.emplace(played_.run(), clock_,
                   LiveControl::Hooks{[this] {
                                        loop_.stop_was_asked_for();
                                        played_.stop("stopped on request");
                                      },
                                      [this](const std::string& text) { played_.annotate("control", text); }});
  if (played_.server() != nullptr) {
    auto api = ControlApi::open(*played_.server(), *control_, loop_.io().get_executor(), played_.id());
    if (!api) {
      spdlog::warn("no live control over HTTP: {}", api.error().message);
    } else {
      control_api_ = std::move(*api);
      say("control  {}, token in {}\n", played_.server()->url(ControlApi::kPath), control_api_->token_file());
    }
  }
  if (!terminal_.interactive()) return;
  control_keys_ = ControlKeys::open(loop_.io(), *control_, [this](const std::string& text) {
    progress_.clear();
    say("{}\n", text);
  });
  if (control_keys_) progress_.set_hint(std::string(ControlKeys::kHelp));
}

// Restores the terminal and removes the token file.
void LoadSession::close_control() {
  control_keys_.reset();
  control_api_.reset();
  progress_.clear();
}

void LoadSession::stop_unanswered() {
  const auto why = played_.figures().nobody_answers();
  if (!why || options_.no_early_stop) return;
  progress_.clear();
  say("stopping: {}\n", *why);
  played_.annotate("stop", *why);
  played_.interrupt({ExitCause::no_data, *why});
}

void LoadSession::tick(TimePoint now) {
  ProgressFigures figures = played_.progress(now);
  figures.deviation = control_->deviation();
  progress_.show(figures);
  if (aborted_) return;
  const ThresholdResult* abort = played_.figures().aggregator().abort();
  if (abort == nullptr) return stop_unanswered();
  aborted_ = true;
  progress_.clear();
  say("aborting: {}\n", printable(abort->threshold.expression));
  const std::string why = fmt::format("aborted by threshold '{}'", abort->threshold.expression);
  played_.annotate("stop", why);
  // This verdict holds even if the last responses improve the figure.
  played_.interrupt({ExitCause::failed, why});
}

void LoadSession::unwritten(Summary& summary, const std::string& what) const {
  summary.exit_reasons.push_back({ExitCause::output, what});
  // Otherwise the last line of output says it.
  if (gravest(summary.exit_reasons)->cause != ExitCause::output) say("gelombang: {}\n", what);
}

// Gives the followers of the run time to see its end, also after a signal: the live page, and the last scrape if there
// was a scrape before. A second signal ends the wait.
void LoadSession::linger() {
  MetricsServer* server = played_.server();
  if (server == nullptr || options_.linger == Duration::zero() || loop_.signals() > 1) return;
  const int signals_before = loop_.signals();
  const std::uint64_t before = server->scrapes();
  if (before > 0) {
    say("waiting up to {} for the last scrape of {}; Ctrl-C to end now\n", format_duration(options_.linger),
        server->url());
    loop_.wait(options_.linger, [&] { return server->scrapes() > before; });
  }
  if (loop_.signals() > signals_before) return;
  const LivePage& page = *played_.live_page();
  if (page.followed()) loop_.wait(LivePage::kPatience, [&page] { return page.seen(); });
}

int LoadSession::finish() {
  Summary summary = played_.finish();
  const auto lost = played_.lost_history();
  close_control();
  if (lost) unwritten(summary, *lost);
  const bool json_on_stdout = options_.json == "-";
  const Terminal out(json_on_stdout ? STDERR_FILENO : STDOUT_FILENO, options_.color);
  const std::string text = summary_text(summary, out.color(), out.text_width());
  if (json_on_stdout) {
    say("{}", text);
  } else {
    print(text);
  }
  if (const auto shown = all_printed(); !shown) unwritten(summary, shown.error().message);
  std::string json = summary_json(summary);
  if (!options_.json.empty()) {
    json_.write(json);
    if (const auto written = json_.finish(); !written) {
      unwritten(summary, "--json: " + written.error().message);
      json = summary_json(summary);
    }
  }
  played_.keep(summary, json);
  const auto late = played_.lost_history();
  if (late && !lost) unwritten(summary, *late);
  linger();
  const int code = exit_code(summary.exit_reasons);
  const ExitReason* why = gravest(summary.exit_reasons);
  if (why != nullptr) say("gelombang: exit {}: {}\n", code, printable_lines(why->text));
  if (played_.left_behind()) leave(code);
  return code;
}

int LoadSession::play() {
  leave_on_signals();
  if (const auto reason = played_.set_up()) return refuse(reason->cause, reason->text);
  announce();
  loop_.listen("a summary", [this] { close_control(); });
  if (!await_start()) {
    played_.withdraw();
    if (const ExitReason* reason = played_.refusal()) return refuse(reason->cause, reason->text);
    return refuse(ExitCause::stopped, "stopped by a signal before the start; nothing was sent");
  }
  played_.start(start_at_);
  open_control();
  played_.play({[this](TimePoint now) { tick(now); }, [this] { progress_.clear(); }});
  return finish();
}

}  // namespace

std::vector<std::string> files_of(const RunRequest& request) {
  const SessionOptions& session = request.session;
  std::vector<std::string> files{request.scenario, session.history, request.ca_file, session.mailbox_password_file,
                                 session.consent_key};
  for (const SecretPlace& secret : request.secrets) {
    if (secret.kind == SecretPlace::Kind::file) files.push_back(secret.name);
  }
  if (const auto usual = default_history_path(); session.history.empty() && usual) files.push_back(*usual);
  return files;
}

int run_load(const ReadRequest& read) {
  const RunRequest& request = read.request;
  SystemClock clock;
  OutputDocument json(request.session.json);
  if (const auto refused = begin_output("--json", json, files_of(request))) return *refused;
  if (read.problem) return refuse(ExitCause::configuration, read.problem->message);
  const auto start = parse_start(request.session.start_at, clock.wall_now());
  if (!start) return refuse(ExitCause::configuration, start.error().message);
  auto prepared = prepare_run(request);
  if (!prepared) return refuse(ExitCause::configuration, prepared.error().message);
  if (!prepared->target) {
    return refuse(ExitCause::configuration,
                  "--target is missing: the base URL to play against, such as http://127.0.0.1:8080");
  }
  if (const auto usable = check_session(request.session, *prepared); !usable) {
    return refuse(ExitCause::configuration, usable.error().message);
  }
  if (const auto refused = refuse_output("--json", json)) return *refused;
  const bool at_once = request.session.start_at.empty();
  LoadSession session(std::move(*prepared), request, json, at_once ? std::nullopt : std::optional(*start));
  return session.play();
}

}  // namespace gelombang
