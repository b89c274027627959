// Judges thresholds while a run goes on and at its end. Pure: time comes in with the data, a delta for about
// every second; a delta belongs where its middle lies, so windows and warm-ups are exact to half a second.
//
// A threshold without window is judged on everything since its warm-up. One with `over last D` must hold in
// every full window of that length: the worst window decides, and is the value shown. (Where the run is too
// short to fill one, what there is decides.) `abort` acts as soon as the judgement is fail, but never on a
// window that is not full.
#pragma once

#include "metrics/snapshot.hpp"
#include "metrics/threshold.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gelombang {

enum class ThresholdState : std::uint8_t { pass, fail, no_data };
inline constexpr std::array<std::string_view, 3> kThresholdStateNames{"pass", "fail", "no_data"};

// What one threshold needs to know of some stretch of time.
struct ThresholdData {
  explicit ThresholdData(const std::shared_ptr<const LatencyBoundaries>& boundaries) : durations(boundaries) {}
  void add(const Threshold& threshold, const Snapshot& delta);
  void merge(const ThresholdData& other);

  CensoredHistogram durations;  // of a latency
  std::uint64_t good = 0;       // failed steps, served arrivals or finished steps: the numerator
  std::uint64_t all = 0;        // what it is a share of
  Duration arrivals{};          // how long arrivals went on meanwhile
};

struct Judgement {
  ThresholdState state = ThresholdState::no_data;
  std::optional<double> value;  // unit as Threshold::limit, but latencies in seconds
  bool lower_bound = false;     // the truth is `value` or more
  bool within_error = false;    // so near to the limit that the histogram's error of 1.1 % could turn it
  std::uint64_t samples = 0;    // that it rests on
};

// A lower bound decides what it can: it fails `< t` if it is not below t, and passes `> t` if it is above;
// otherwise there is no data. At a limit that is a boundary of the histogram percentiles are decided exactly.
Judgement judge(const Threshold& threshold, const ThresholdData& data);

struct ThresholdResult {
  Threshold threshold;
  Judgement verdict;                            // of the run so far; after finish(): of the run
  ThresholdState now{ThresholdState::no_data};  // of the last window, or the same
  std::optional<Duration> at;                   // of a window that fails: when it ended, since the start

  [[nodiscard]] bool fails() const noexcept { return verdict.state == ThresholdState::fail; }
  [[nodiscard]] bool lacks_data() const noexcept {
    return verdict.state == ThresholdState::no_data && !threshold.allow_no_data;
  }
};

class ThresholdJudge {
 public:
  ThresholdJudge(std::vector<Threshold> thresholds, std::shared_ptr<const MetricsLayout> layout, TimePoint start);

  // What was recorded from `begin` to `end`; stretches come in order. `arrivals` is how long of it arrivals went on.
  void add(TimePoint begin, TimePoint end, Duration arrivals, const Snapshot& delta);
  // The last judgement, of windows too that were never full.
  void finish();

  [[nodiscard]] const std::vector<ThresholdResult>& results() const noexcept { return results_; }
  // The threshold that wants the run to end now, or nullptr.
  [[nodiscard]] const ThresholdResult* abort() const noexcept;

 private:
  struct Slice {
    TimePoint begin;
    TimePoint end;
    ThresholdData data;
  };
  struct Progress {
    ThresholdData total;
    std::deque<Slice> window;
    std::optional<TimePoint> first;  // the first stretch after the warm-up began here
    bool judged = false;             // a full window with enough data was seen
    bool aborts = false;
  };

  void judge_window(ThresholdResult& result, Progress& progress, TimePoint end);
  [[nodiscard]] ThresholdData window_data(const Progress& progress) const;

  std::shared_ptr<const MetricsLayout> layout_;
  TimePoint start_;
  std::vector<ThresholdResult> results_;
  std::vector<Progress> progress_;  // beside results_
};

}  // namespace gelombang
