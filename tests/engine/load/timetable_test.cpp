#include "engine/load/timetable.hpp"

#include "engine/load/arrivals.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

Steering pause(Duration at) { return {SteeringAction::pause, at}; }
Steering resume(Duration at) { return {SteeringAction::resume, at}; }
Steering rate(Duration at, double factor) { return {SteeringAction::rate, at, factor}; }
Steering jump(Duration at, Duration to) { return {SteeringAction::jump, at, 1, to}; }

// 10/s for a minute, then a linear ramp from 10/s to 40/s over another minute.
Load two_minutes() {
  Load load;
  load.kind = LoadKind::ramping_rate;
  load.intensity.add_piece(60s, Rate::per_second(10), Rate::per_second(10));
  load.intensity.add_piece(60s, Rate::per_second(10), Rate::per_second(40));
  return load;
}

std::vector<Arrival> all_of(const Load& load, const std::vector<Steering>& changes, Share share = {}) {
  ArrivalSchedule schedule(load, 5, share);
  for (const Steering& change : changes) schedule.steer(change);
  std::vector<Arrival> arrivals;
  while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
  return arrivals;
}

}  // namespace

TEST_CASE("timetable: untouched it is the load itself") {
  const Load load = two_minutes();
  const Timetable timetable(load.intensity);
  CHECK(timetable.end() == 120s);
  CHECK(timetable.total() == load.intensity.total());
  for (const Duration offset : {0ns, Duration(1ms), Duration(60s), Duration(90s), Duration(119s)}) {
    CHECK(timetable.integral(offset) == load.intensity.integral(offset));
    CHECK(timetable.position(offset) == offset);
    CHECK(timetable.at(offset).per_second() == load.intensity.at(offset).per_second());
  }
  for (const double arrivals : {0.0, 1.5, 600.0, 900.0})
    CHECK(timetable.when(arrivals) == load.intensity.inverse(arrivals));
  CHECK(std::isinf(timetable.when(timetable.total())));
}

TEST_CASE("timetable: a pause moves all that follows") {
  const Load load = two_minutes();
  Timetable timetable(load.intensity);
  timetable.apply(pause(20s));
  CHECK(timetable.paused());
  CHECK(timetable.end() == Duration::max());
  CHECK(timetable.when(199) == 19.9);
  CHECK(std::isinf(timetable.when(201)));
  CHECK(timetable.at(25s).per_second() == 0);
  CHECK(timetable.integral(50s) == 200);
  timetable.apply(resume(50s));
  CHECK(timetable.end() == 150s);
  CHECK(timetable.when(201) == Approx(50.1));
  CHECK(timetable.total() == load.intensity.total());
  CHECK(timetable.at(95s).per_second() == Approx(load.intensity.at(65s).per_second()));
}

TEST_CASE("timetable: a factor changes how many come, not how long the load is") {
  const Load load = two_minutes();
  Timetable timetable(load.intensity);
  timetable.apply(rate(30s, 2));
  CHECK(timetable.end() == 120s);
  CHECK(timetable.integral(30s) == 300);
  CHECK(timetable.integral(60s) == 900);
  CHECK(timetable.total() == 300 + 2 * (load.intensity.total() - 300));
  CHECK(timetable.when(320) == 31);
  timetable.apply(rate(60s, 0.5));  // the factor applies to the plan, not to the current rate
  CHECK(timetable.at(61s).per_second() == Approx(load.intensity.at(61s).per_second() / 2));
}

TEST_CASE("timetable: a jump leaves out what lies between, or plays it again") {
  const Load load = two_minutes();
  Timetable timetable(load.intensity);
  timetable.apply(jump(10s, 60s));
  CHECK(timetable.position(11s) == 61s);
  CHECK(timetable.end() == 70s);
  CHECK(timetable.total() == 100 + (load.intensity.total() - 600));
  timetable.apply(jump(20s, 0s));
  CHECK(timetable.position(25s) == 5s);
  CHECK(timetable.end() == 140s);
}

TEST_CASE("timetable: the integral and its inverse agree through any changes") {
  const Load load = two_minutes();
  Timetable timetable(load.intensity);
  for (const Steering& change : {rate(5s, 3), pause(15s), jump(17s, 90s), resume(20s), rate(22s, 0.1), jump(30s, 30s)})
    timetable.apply(change);
  const double total = timetable.total();
  double before = 0;
  for (double arrivals = 0; arrivals < total; arrivals += total / 1000) {
    const double when = timetable.when(arrivals);
    CHECK(when >= before);
    CHECK(timetable.integral(from_seconds(when)) == Approx(arrivals).margin(1e-5));
    before = when;
  }
  CHECK(timetable.integral(timetable.end()) == Approx(total));
}

TEST_CASE("steering: what was due before a change stays where it was") {
  const Load load = two_minutes();
  const auto planned = all_of(load, {});
  const auto steered = all_of(load, {rate(30s, 4), pause(40s), resume(45s)});
  std::size_t same = 0;
  while (planned[same].offset < 30s) {
    REQUIRE(steered[same].index == planned[same].index);
    REQUIRE(steered[same].offset == planned[same].offset);
    ++same;
  }
  CHECK(same > 200);
  CHECK(steered[same].offset >= 30s);
  CHECK(std::none_of(steered.begin(), steered.end(),
                     [](const Arrival& arrival) { return arrival.offset >= 40s && arrival.offset < 45s; }));
  CHECK(count_arrivals(load, 5, Segment{}, {rate(30s, 4), pause(40s), resume(45s)}) == steered.size());
}

TEST_CASE("steering: all shares together are the schedule, each arrival once") {
  const Load load = two_minutes();
  const std::vector<Steering> changes{rate(10s, 5), jump(20s, 100s), jump(30s, 10s),
                                      pause(35s),   resume(36s),     rate(50s, 0.2)};
  const auto whole = all_of(load, changes);
  std::set<std::uint64_t> seen;
  for (std::uint64_t segment = 0; segment < 3; ++segment) {
    for (std::uint64_t worker = 0; worker < 2; ++worker) {
      for (const Arrival& arrival : all_of(load, changes, Share{Segment{segment, 3}, worker, 2})) {
        CHECK(seen.insert(arrival.index).second);
        CHECK(whole.at(arrival.index).offset == arrival.offset);
      }
    }
  }
  CHECK(seen.size() == whole.size());
}

TEST_CASE("steering: a share that had none left has some again after a jump back") {
  const Load load = two_minutes();
  ArrivalSchedule schedule(load, 5, Share{Segment{}, 1, 2});
  std::uint64_t played = 0;
  while (const auto arrival = schedule.peek()) {
    if (arrival->offset >= 119900ms) break;
    schedule.advance();
    ++played;
  }
  schedule.steer(jump(119900ms, 60s));
  std::uint64_t again = 0;
  while (const auto arrival = schedule.next()) {
    CHECK(arrival->offset >= 119900ms);
    ++again;
  }
  CHECK(again > 600);  // 1,500 expected in that minute, half of them in this share
  CHECK(again < 900);
  CHECK(played > 0);
}

TEST_CASE("steering: a change that comes late moves only what has not started") {
  const Load load = constant_rate_load(Rate::per_second(10), 10s, true);
  test::FakeClock clock;
  Pacer pacer(ArrivalSchedule(load, 1, Share{}), clock.now(), CatchUp::burst);
  clock.advance(5050ms);
  std::size_t started = 0;
  while (pacer.due(clock.now())) ++started;
  CHECK(started == 51);
  pacer.steer(pause(4s));  // the arrivals of the fifth second have already started
  CHECK_FALSE(pacer.next_deadline());
  CHECK(pacer.end() == TimePoint::max());
  pacer.steer(resume(6s));
  REQUIRE(pacer.next_deadline());
  CHECK(*pacer.next_deadline() == pacer.epoch() + 7100ms);  // the 52nd arrival: 5.1 s of the load
  CHECK(pacer.end() == pacer.epoch() + 12s);
}
