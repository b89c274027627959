#include "probes/http/phase_split.hpp"

#include "tests/support/catch.hpp"

#include <numeric>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1000s};
constexpr Duration kNone = RequestSample::kNotReached;

PhaseMarks exchange() {
  PhaseMarks marks;
  marks.started = kStart;
  marks.ended = kStart + 100ms;
  marks.new_connection = true;
  marks.looked_up = true;
  marks.tls = true;
  marks.name_known = 5ms;
  marks.connected = 15ms;
  marks.secured = 40ms;
  marks.request_started = kStart + 41ms;
  marks.sent = kStart + 60ms;
  marks.answered = kStart + 90ms;
  return marks;
}

void check(const PhaseMarks& marks, const std::array<Duration, kPhaseCount>& wanted, Phase reached) {
  const PhaseSplit split = split_phases(marks);
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    CAPTURE(kPhaseNames[i]);
    CHECK(split.phases[i].count() == wanted[i].count());
  }
  CHECK(split.reached == reached);
  Duration sum{};
  for (const Duration phase : split.phases) sum += phase == kNone ? Duration{} : phase;
  CHECK(sum.count() == (marks.ended - marks.started).count());
}

}  // namespace

TEST_CASE("phases: a whole exchange is cut where it was seen to turn") {
  check(exchange(), {5ms, 10ms, 25ms, 20ms, 30ms, 10ms}, Phase::receive);
}

TEST_CASE("phases: a kept connection has neither look-up, connect nor handshake") {
  PhaseMarks marks = exchange();
  marks.new_connection = false;
  check(marks, {kNone, kNone, kNone, 60ms, 30ms, 10ms}, Phase::receive);
}

TEST_CASE("phases: an address is not looked up and plain HTTP has no handshake") {
  PhaseMarks marks = exchange();
  marks.looked_up = false;
  marks.tls = false;
  marks.secured = {};
  check(marks, {kNone, 15ms, kNone, 45ms, 30ms, 10ms}, Phase::receive);
}

TEST_CASE("phases: a failure ends in the phase that it was reached in") {
  PhaseMarks marks = exchange();
  marks.answered.reset();
  check(marks, {5ms, 10ms, 25ms, 20ms, 40ms, kNone}, Phase::wait);
  marks.sent.reset();
  check(marks, {5ms, 10ms, 25ms, 60ms, kNone, kNone}, Phase::send);
  marks.request_started.reset();
  marks.secured = {};
  check(marks, {5ms, 10ms, 85ms, kNone, kNone, kNone}, Phase::tls);
  marks.connected = {};
  check(marks, {5ms, 95ms, kNone, kNone, kNone, kNone}, Phase::connect);
  marks.name_known = {};
  check(marks, {100ms, kNone, kNone, kNone, kNone, kNone}, Phase::dns);
}

TEST_CASE("phases: an answer that came before the request was sent leaves nothing to wait for") {
  PhaseMarks marks = exchange();
  marks.answered = kStart + 50ms;
  check(marks, {5ms, 10ms, 25ms, 10ms, 0ms, 50ms}, Phase::receive);
  marks.sent.reset();
  check(marks, {5ms, 10ms, 25ms, 10ms, 0ms, 50ms}, Phase::receive);
}

TEST_CASE("phases: marks out of order never make a negative phase") {
  PhaseMarks marks = exchange();
  marks.name_known = 200ms;
  marks.sent = kStart - 5ms;
  check(marks, {100ms, 0ms, 0ms, 0ms, 0ms, 0ms}, Phase::receive);
}
