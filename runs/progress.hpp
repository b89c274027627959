// Live progress of a run on stderr: on a terminal a block that is redrawn, elsewhere a line every ten seconds.
#pragma once

#include "base/clock.hpp"
#include "base/terminal.hpp"
#include "metrics/censored_histogram.hpp"
#include "runs/live_block.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {

// The figures of the last second and of the run so far.
struct ProgressFigures {
  Duration elapsed{};
  Duration position{};       // in the load: smaller than `elapsed` after a pause
  Duration length{};         // of the load
  std::string deviation;     // changes by live control, such as "paused" or "rate x 1.25"; empty: none
  bool stopping = false;     // arrivals have ended, visits under way finish
  double rate_asked = 0;     // arrivals per second now; 0 in closed loads
  double rate_achieved = 0;  // iterations started in the last second
  double requests = 0;       // per second, in the last second
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;
  std::int64_t users_busy = 0;
  std::uint64_t retrying = 0;        // of the busy users, those who wait for their next attempt
  std::uint64_t lost = 0;            // people who gave up
  double amplification = 1;          // requests sent / requests of a calm crowd
  std::optional<double> error_rate;  // of the steps so far, with the overdue ones; nothing if there are none
  // The same of the last ten seconds: after a good hour, a target that has died shows only here.
  std::optional<double> recent_error_rate;
  std::uint64_t overdue = 0;    // steps under way for longer than anyone should wait
  std::optional<Estimate> p95;  // response time of all steps in the last ten seconds, and of those still waiting
  std::uint64_t mails_waited_for = 0;
  std::vector<std::string> warnings;
};

// Where there is no terminal, of a moment.
std::string progress_line(const ProgressFigures& figures);

class Progress {
 public:
  explicit Progress(const Terminal& terminal);
  // A line below the live block.
  void set_hint(std::string hint) { hint_ = std::move(hint); }
  void show(const ProgressFigures& figures);
  // Removes the live block, so that other lines can be printed.
  void clear() { block_.clear(); }

  // What a terminal shows.
  [[nodiscard]] std::vector<BlockLine> block(const ProgressFigures& figures) const;

 private:
  const Terminal& terminal_;
  LiveBlock block_;
  Duration next_line_at_{};
  std::string hint_;
  std::vector<double> p95_history_;  // one value a second, in seconds
};

}  // namespace gelombang
