// One run from its plan to its summary: sets up what the run needs, plays it, counts, serves its metrics and the live
// page, and keeps it in the history. Draws nothing: `run` plays one, `find-max` plays one for each probe.
#pragma once

#include "base/clock.hpp"
#include "engine/load_run.hpp"
#include "metrics/exit_reason.hpp"
#include "metrics/exposition/exposition.hpp"
#include "metrics/exposition/metrics_server.hpp"
#include "metrics/history/writer.hpp"
#include "probes/consent/guard.hpp"
#include "reports/summary.hpp"
#include "runs/live_page.hpp"
#include "runs/play_loop.hpp"
#include "runs/prepared_run.hpp"
#include "runs/progress.hpp"
#include "runs/run_figures.hpp"
#include "runs/run_request.hpp"
#include "runs/worker_figures.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// "20260304-050000-1a2b": the second and a suffix that makes equal ids unlikely.
std::string new_run_id(WallTime at);

class PlayedRun {
 public:
  struct Identity {
    std::string id;
    // JSON: what is needed to play the run again.
    std::string plan;
  };
  struct Hooks {
    std::function<void(TimePoint)> each_second;  // called when the figures of a second are complete
    std::function<void()> before_line;           // called before a line is printed
  };

  // All references must outlive the run.
  PlayedRun(PreparedRun prepared, const RunRequest& request, Identity identity, PlayLoop& loop);
  ~PlayedRun();
  PlayedRun(const PlayedRun&) = delete;
  PlayedRun& operator=(const PlayedRun&) = delete;

  // Returns the reason if the run cannot start; then nothing was sent.
  std::optional<ExitReason> set_up();
  // The first arrival comes now, or at the given time.
  void start(std::optional<WallTime> at);
  // After set_up(): why the run must not start, such as a withdrawn consent. Changes while the loop runs.
  [[nodiscard]] const ExitReason* refusal() const { return gravest(reasons_); }
  // Instead of start(): nothing is played, and the history keeps no run.
  void withdraw();
  // Plays until the last response. Signals stop the run, interrupt it or end the process.
  void play(Hooks hooks);
  // The result of the run. Call it once, after play().
  Summary finish();
  // Keeps the summary and its JSON in the history and shows them on the live page.
  void keep(const Summary& summary, const std::string& json);

  // An error text if the user named the history file and it lacks a part of this run.
  [[nodiscard]] std::optional<std::string> lost_history() const;

  // No new arrivals. What is under way may finish within the graceful stop. Prints that.
  void stop(std::string why);
  // Cuts off what is under way at once.
  void interrupt(ExitReason reason);
  void interrupt() { run_->interrupt(clock_.now()); }
  void annotate(const std::string& kind, std::string text) { figures_.annotate(kind, std::move(text)); }

  [[nodiscard]] const std::string& id() const noexcept { return identity_.id; }
  [[nodiscard]] const PreparedRun& prepared() const noexcept { return prepared_; }
  [[nodiscard]] RunFigures& figures() noexcept { return figures_; }
  [[nodiscard]] LoadRun& run() noexcept { return *run_; }
  [[nodiscard]] bool over() const noexcept { return over_; }
  // A script did not return, so this run may not be destroyed. Valid after finish().
  [[nodiscard]] bool left_behind() const noexcept { return run_ && run_->left_behind() > 0; }
  // Null with --metrics-listen off, as is the page.
  [[nodiscard]] MetricsServer* server() noexcept { return server_.get(); }
  [[nodiscard]] const LivePage* live_page() const noexcept { return live_page_ ? &*live_page_ : nullptr; }
  // All figures except the deviation from the plan.
  ProgressFigures progress(TimePoint now);

 private:
  std::optional<ExitReason> open_server();
  std::optional<ExitReason> open_guard();
  void tick(TimePoint now);
  // `verdict` is empty while the run is played.
  void publish(std::string_view verdict = {});
  // Adds what only the run knows.
  [[nodiscard]] Summary summary_of(RunFacts facts) const;
  // Reports once that the recording has stopped.
  void mind_history();

  PreparedRun prepared_;
  const RunRequest& request_;
  const SessionOptions& options_;
  Identity identity_;
  PlayLoop& loop_;
  const Clock& clock_;
  RunFigures figures_;
  Hooks hooks_;
  Duration poll_interval_{};

  std::unique_ptr<MetricsServer> server_;
  std::unique_ptr<ConsentGuard> guard_;
  std::unique_ptr<Mailbox> mail_;
  std::unique_ptr<LoadRun> run_;
  std::optional<WorkerFigures> source_;
  std::shared_ptr<LoadExposition> exposition_;
  std::unique_ptr<HistoryWriter> history_;
  bool history_minded_ = false;
  std::optional<LivePage> live_page_;

  WallTime started_wall_{};
  WallTime ended_wall_{};
  bool over_ = false;
  std::shared_ptr<int> alive_ =
      std::make_shared<int>();  // for what other threads post to the loop, which outlives this object
  std::vector<ExitReason> reasons_;
  std::uint64_t requests_before_ = 0;
};

}  // namespace gelombang
