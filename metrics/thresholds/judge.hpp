// Judges thresholds while a run goes on and at its end. Pure: time comes with the data, about one delta a second. A
// delta belongs to the time of its middle, so windows and warm-ups are exact to half a second.
//
// A threshold without window is judged on everything since its warm-up. A threshold with `over last D` must hold in
// every full window of that length: the worst window decides, and its value is shown. (If the run is too short to fill
// one, the data that exists decides.) `abort` acts as soon as the judgement is fail, but never on a window that is not
// full.
//
// People under way at the moment of a judgement count as well: latencies are censored at the time waited so far, and in
// a window an overdue person has failed. People who end later count there with their result.
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/thresholds/threshold.hpp"
#include "metrics/under_way.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gelombang {

enum class ThresholdState : std::uint8_t { pass, fail, no_data };
inline constexpr std::array<std::string_view, 3> kThresholdStateNames{"pass", "fail", "no_data"};

// When a step that is under way counts as failed. Nothing: never.
struct Patience {
  std::optional<Duration> response_time;
  std::optional<Duration> service_time;
};
// For each step and clock: the tightest latency that a threshold of the step, or of all, allows.
std::vector<Patience> patience_of(std::span<const Threshold> thresholds, std::size_t steps);
// How many have waited longer than `patience`, or by response time longer than `window`.
std::uint64_t overdue(const UnderWay::Step& step, const Patience& patience, std::optional<Duration> window);

// The data that one threshold needs about a period of time.
struct ThresholdData {
  explicit ThresholdData(const std::shared_ptr<const LatencyBoundaries>& boundaries) : durations(boundaries) {}
  void add(const Threshold& threshold, const Snapshot& delta);
  // The people under way at the end of the period. Counts need the `patience` of each step and the window's length.
  void add(const Threshold& threshold, const UnderWay& under_way, std::span<const Patience> patience);
  void merge(const ThresholdData& other);

  CensoredHistogram durations;  // of a latency
  std::uint64_t hidden = 0;     // mails whose delivery time is hidden by a fault of the mailbox
  std::uint64_t counted = 0;    // failed steps, served arrivals or finished steps, depending on the metric
  std::uint64_t all = 0;        // the whole of which `counted` is a share
  Duration arrivals{};          // how long arrivals went on in this period
};

struct Judgement {
  ThresholdState state = ThresholdState::no_data;
  std::optional<double> value;  // unit as Threshold::limit, but latencies in seconds
  bool lower_bound = false;     // the truth is `value` or more
  bool within_error = false;    // so near to the limit that the histogram's error of 1.1 % could change the state
  std::uint64_t samples = 0;    // that the judgement is based on
};

// A lower bound decides what it can: it fails `< t` if it is not below t, and passes `> t` if it is above; otherwise
// there is no data. If the limit is a boundary of the histogram, percentiles are decided exactly.
Judgement judge(const Threshold& threshold, const ThresholdData& data);

struct ThresholdResult {
  Threshold threshold;
  Judgement verdict;                            // of the run so far; after finish(): of the run
  ThresholdState now{ThresholdState::no_data};  // of the last window; without windows, as the verdict
  std::optional<Duration> at;                   // the end of a window that fails, since the start

  [[nodiscard]] bool fails() const noexcept { return verdict.state == ThresholdState::fail; }
  [[nodiscard]] bool lacks_data() const noexcept {
    return verdict.state == ThresholdState::no_data && !threshold.allow_no_data;
  }
};

class ThresholdJudge {
 public:
  ThresholdJudge(std::vector<Threshold> thresholds, std::shared_ptr<const MetricsLayout> layout, TimePoint start);

  // The data recorded from `begin` to `end`, and who is under way at `end`. Intervals come in order. `arrivals`: how
  // long arrivals went on in the interval.
  void add(TimePoint begin, TimePoint end, Duration arrivals, const Snapshot& delta, const UnderWay& under_way);
  // The last judgement, also of windows that were never full.
  void finish();

  [[nodiscard]] const std::vector<ThresholdResult>& results() const noexcept { return results_; }
  // The threshold that wants the run to end now, or nullptr.
  [[nodiscard]] const ThresholdResult* abort() const noexcept;

 private:
  struct WindowInterval {
    TimePoint begin;
    TimePoint end;
    ThresholdData data;
  };
  struct Progress {
    ThresholdData total;
    std::deque<WindowInterval> window;
    std::optional<TimePoint> first;  // the first interval after the warm-up began here
    bool judged = false;             // a full window with enough data was seen
    bool aborts = false;
  };

  void judge_window(ThresholdResult& result, Progress& progress, TimePoint end, const UnderWay& under_way);
  [[nodiscard]] ThresholdData window_data(const Progress& progress) const;

  std::shared_ptr<const MetricsLayout> layout_;
  TimePoint start_;
  std::vector<Patience> patience_;  // by StepId
  std::vector<ThresholdResult> results_;
  std::vector<Progress> progress_;  // parallel to results_
};

}  // namespace gelombang
