#include "probes/http/phase_split.hpp"

#include <algorithm>

namespace gelombang {
namespace {

// Cuts the time from `started` to `ended` into phases, in their order.
class Cutter {
 public:
  explicit Cutter(const PhaseMarks& marks) : at_(marks.started), end_(std::max(marks.started, marks.ended)) {
    split_.phases.fill(RequestSample::kNotReached);
  }
  void until(Phase phase, TimePoint moment) {
    const TimePoint to = std::clamp(moment, at_, end_);
    split_.phases[static_cast<std::size_t>(phase)] = to - at_;
    split_.reached = phase;
    at_ = to;
  }
  PhaseSplit rest(Phase phase) {
    until(phase, end_);
    return split_;
  }

 private:
  PhaseSplit split_;
  TimePoint at_;
  TimePoint end_;
};

}  // namespace

PhaseSplit split_phases(const PhaseMarks& marks) noexcept {
  Cutter cut(marks);
  const bool ready = marks.request_started.has_value();
  if (marks.new_connection || !ready) {
    if (marks.looked_up) {
      if (marks.name_known == Duration{} && !ready) return cut.rest(Phase::dns);
      cut.until(Phase::dns, marks.started + marks.name_known);
    }
    if (!ready && (marks.connected == Duration{} || !marks.tls)) return cut.rest(Phase::connect);
    cut.until(Phase::connect, marks.started + marks.connected);
    if (!ready) return cut.rest(Phase::tls);
    if (marks.tls) cut.until(Phase::tls, marks.started + marks.secured);
  }
  if (!marks.sent && !marks.answered) return cut.rest(Phase::send);
  // An answer may come before the request was delivered: then there was nothing to wait for.
  const TimePoint answered = marks.answered.value_or(TimePoint::max());
  cut.until(Phase::send, std::min(marks.sent.value_or(answered), answered));
  if (!marks.answered) return cut.rest(Phase::wait);
  cut.until(Phase::wait, answered);
  return cut.rest(Phase::receive);
}

}  // namespace gelombang
