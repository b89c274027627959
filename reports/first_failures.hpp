// The first failure of each kind in a run: what to look at to find out why a run failed. Bounded, whatever happens in a
// run.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/layout.hpp"
#include "metrics/sampled_details.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace gelombang {

class HistoryReader;
struct RunRecord;

struct FirstFailure {
  std::string journey;
  std::string step;
  Duration offset{};  // when its request began, since the schedule's start
  WallTime at{};      // the same moment as wall time
  Evidence evidence;
};

struct FirstFailureList {
  std::vector<FirstFailure> shown;  // by time
  std::size_t further = 0;          // kinds that are not shown
};

// A kind is a step, an error class and the text beyond the words of the class: two checks of one step are two kinds.
class FirstFailures {
 public:
  static constexpr std::size_t kMostShown = 20;
  // For each step and class: a scenario may give every failure another text.
  static constexpr std::size_t kMostOfClass = 3;

  explicit FirstFailures(std::shared_ptr<const MetricsLayout> layout, std::size_t most = kMostShown)
      : layout_(std::move(layout)), most_(most) {}
  // May be called in any order of time.
  void add(Duration offset, const Evidence& evidence);
  [[nodiscard]] FirstFailureList list(WallTime started_at) const;

 private:
  struct Kept {
    Duration offset{};
    Evidence evidence;
  };
  std::shared_ptr<const MetricsLayout> layout_;
  std::size_t most_;
  std::map<std::tuple<StepId, ErrorClass, std::string>, std::size_t> kinds_;  // its place in kept_, from 1; 0: none
  std::map<std::pair<StepId, ErrorClass>, std::size_t> of_class_;             // how many of each class are kept
  std::vector<Kept> kept_;
};

// Reads the failures of a run in the history.
Result<FirstFailureList> read_first_failures(HistoryReader& history, const RunRecord& run,
                                             std::size_t most = FirstFailures::kMostShown);

// What the client or the scenario says about a failure beyond the words of its class; may be empty.
std::string_view particulars(const Evidence& evidence);
// The same with the client's words ("SSL certificate problem: self-signed certificate"), which separate no kinds.
std::string_view words_beyond_class(const Evidence& evidence);
// "in 5.00 s: wait 4.90 s, receive 100 ms"; empty if nothing was timed.
std::string phases_text(const RequestSample& sample);

}  // namespace gelombang
