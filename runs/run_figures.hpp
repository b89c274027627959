// What is known about a run while it is played. About once a second, merges the figures of its source and judges
// thresholds and validity. Has the facts for the summary. Sends nothing and prints nothing.
#pragma once

#include "base/clock.hpp"
#include "metrics/annotation.hpp"
#include "metrics/exposition/exposition.hpp"
#include "metrics/recorder.hpp"
#include "metrics/thresholds/aggregator.hpp"
#include "metrics/thresholds/early_stop.hpp"
#include "metrics/thresholds/interval.hpp"
#include "metrics/thresholds/validity.hpp"
#include "probes/mail/mailbox.hpp"
#include "reports/first_failures.hpp"
#include "reports/summary.hpp"
#include "runs/figure_source.hpp"
#include "runs/prepared_run.hpp"
#include "runs/process_figures.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {

class RunFigures {
 public:
  // All references must outlive the figures.
  RunFigures(const PreparedRun& prepared, const Clock& clock);

  // Called with every interval at its end, also the last one, within tick() and finish(). Add before start().
  using Observer = std::function<void(const Interval&)>;
  void observe(Observer observer) { observers_.push_back(std::move(observer)); }
  // Called with each event that explains the figures. The event is also in the facts.
  using Listener = std::function<void(const Annotation&)>;
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  void annotate(std::string kind, std::string text);
  // From here on, the source is read. The run's schedule begins at `epoch`. `mail` may be null.
  void start(FigureSource& source, Mailbox* mail, TimePoint epoch);
  void tick(TimePoint now);
  // The last tick, after the workers have been joined.
  void finish(TimePoint now);

  [[nodiscard]] const Aggregator& aggregator() const { return *aggregator_; }
  [[nodiscard]] const ProcessFigures& process() const noexcept { return process_; }
  [[nodiscard]] const Mailbox::Tally& mail() const noexcept { return mail_state_; }
  // Why the run should end before its load does: the target answers no request. As of the last tick; returned once.
  [[nodiscard]] std::optional<std::string> nobody_answers() { return std::exchange(nobody_answers_, std::nullopt); }
  [[nodiscard]] bool arrivals_over() const noexcept { return arrivals_over_; }
  [[nodiscard]] TimePoint epoch() const noexcept { return epoch_; }
  // Arrivals per second that the load asks for in this segment; 0 in closed loads.
  [[nodiscard]] double rate_asked(TimePoint now) const;
  [[nodiscard]] double rate_asked(TimePoint begin, TimePoint end) const;  // the mean
  [[nodiscard]] Validity validity() const;
  [[nodiscard]] LiveFigures live(TimePoint now, bool final) const;
  [[nodiscard]] const FirstFailures& first_failures() const noexcept { return first_failures_; }
  // All facts except the id, the wall times, the first failures and the mailbox, which the caller knows.
  [[nodiscard]] RunFacts facts(TimePoint now, std::vector<ExitReason> reasons) const;
  // The same during the run: what is planned ends now.
  [[nodiscard]] RunFacts facts_so_far(TimePoint now) const;

 private:
  void collect(TimePoint now, bool last);
  void end_interval(TimePoint now);
  // `arrivals`: how long arrivals have gone on since the start.
  [[nodiscard]] RunFacts facts_until(TimePoint now, Duration arrivals) const;

  const PreparedRun& prepared_;
  const Clock& clock_;
  FigureSource* source_ = nullptr;
  Mailbox* mail_ = nullptr;
  ProcessFigures process_;
  std::optional<Aggregator> aggregator_;
  Recorder mail_recorder_;  // mail that arrives belongs to no worker
  Snapshot mail_delta_;     // reused for its memory, as the next one
  UnderWay mail_waiting_;
  SampledDetails details_;  // since the last interval
  FirstFailures first_failures_;
  Mailbox::Tally mail_state_;
  EarlyStop early_stop_;
  std::optional<std::string> nobody_answers_;
  TimePoint epoch_{};
  bool arrivals_over_ = false;
  std::vector<Observer> observers_;
  std::vector<Listener> listeners_;
  std::vector<Annotation> annotations_;
};

}  // namespace gelombang
