#include "uptime/slot_schedule.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "uptime/clock_jumps.hpp"
#include "uptime/follow_ups.hpp"

#include <chrono>
#include <set>
#include <string>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

constexpr SlotTiming kTiming{30s, 7s};
WallTime at(Duration since_1970) { return WallTime(since_1970); }

}  // namespace

TEST_CASE("slots: numbers are the same everywhere, offsets are a hash of both names") {
  CHECK(slot_due_at(at(36s), 30s, 7s) == 0);
  CHECK(slot_due_at(at(37s), 30s, 7s) == 1);
  CHECK(slot_due_at(at(6s), 30s, 7s) == -1);
  CHECK(slot_due_at(at(-23s), 30s, 7s) == -1);
  CHECK(slot_due_at(at(-24s), 30s, 7s) == -2);
  CHECK(slot_time(2, 30s, 7s) == at(67s));
  // Stable: a restart or an upgrade moves no slot.
  CHECK(slot_offset("login", "jakarta-1", 30s) == slot_offset("login", "jakarta-1", 30s));
  CHECK(slot_offset("ab", "c", 30s) != slot_offset("a", "bc", 30s));
  std::set<Duration::rep> tenths;
  for (int i = 0; i < 50; ++i) {
    const auto offset = slot_offset("monitor " + std::to_string(i), "jakarta-1", 30s);
    CHECK(offset >= 0s);
    CHECK(offset < 30s);
    tenths.insert(offset / 3s);
  }
  CHECK(tenths.size() == 10);
}

TEST_CASE("slots: a new monitor begins with its next slot, and plays each one once") {
  SlotSchedule schedule(kTiming, at(100s));
  CHECK(schedule.next_look() == at(127s));
  CHECK_FALSE(schedule.look(at(126s), false).play);
  CHECK(schedule.look(at(127s), false).play == 4);
  CHECK_FALSE(schedule.look(at(127s), false).play);
  CHECK(schedule.next_look() == at(157s));
  CHECK(schedule.look(at(158s), false).play == 5);
}

TEST_CASE("slots: who comes too late plays nothing, and no burst follows") {
  SlotSchedule schedule(kTiming, at(100s));
  const auto late = schedule.look(at(132s), false);
  CHECK(late.play == 4);  // five seconds late is still in time
  const auto stalled = schedule.look(at(250s), false);
  REQUIRE(stalled.missed);
  CHECK(stalled.missed->first == 5);
  CHECK(stalled.missed->last == 7);
  CHECK(stalled.missed->outcome == SlotOutcome::overload);
  CHECK(stalled.play == 8);  // due at 247
  const auto later = schedule.look(at(283s), false);
  REQUIRE(later.missed);
  CHECK(later.missed->last == 9);
  CHECK_FALSE(later.play);  // it was due at 277
}

TEST_CASE("slots: after a jump nothing that was due is played") {
  SlotSchedule schedule(kTiming, at(100s));
  const auto woken = schedule.look(at(3608s), true);
  REQUIRE(woken.missed);
  CHECK(woken.missed->first == 4);
  CHECK(woken.missed->last == 120);
  CHECK(woken.missed->outcome == SlotOutcome::clock_jump);
  CHECK_FALSE(woken.play);
  CHECK(schedule.look(at(3637s), false).play == 121);
}

TEST_CASE("slots: a clock that was set back doubles no slot, and leaves nobody blind") {
  SlotSchedule schedule(kTiming, at(1000s));
  CHECK(schedule.look(at(1027s), false).play == 34);
  const auto back = schedule.look(at(500s), true);
  CHECK_FALSE(back.play);
  CHECK_FALSE(back.missed);
  CHECK_FALSE(back.again);
  for (Slot slot = 17; slot <= 34; ++slot) {
    CHECK(schedule.next_look() == slot_time(slot, kTiming.interval, kTiming.offset));
    const auto again = schedule.look(schedule.next_look(), false);
    CHECK(again.again);
    CHECK_FALSE(again.play);
  }
  const auto new_slot = schedule.look(schedule.next_look(), false);
  CHECK(new_slot.play == 35);
  CHECK_FALSE(new_slot.again);
}

TEST_CASE("slots: what fell due while no watch ran is filled in after the restart") {
  auto schedule = SlotSchedule::resume(kTiming, 4);
  const auto missed = schedule.missed_while_away(at(1000s));
  REQUIRE(missed);
  CHECK(missed->first == 5);
  CHECK(missed->last == 33);
  CHECK(missed->outcome == SlotOutcome::not_running);
  CHECK_FALSE(schedule.look(at(1000s), false).play);
  CHECK(schedule.look(at(1027s), false).play == 34);

  auto soon = SlotSchedule::resume(kTiming, 33);
  CHECK_FALSE(soon.missed_while_away(at(1000s)));
  CHECK(soon.look(at(1027s), false).play == 34);

  auto from_the_future = SlotSchedule::resume(kTiming, 40);
  CHECK_FALSE(from_the_future.missed_while_away(at(1000s)));
  CHECK(from_the_future.look(at(1027s), false).again);
}

TEST_CASE("clock: a sleep, a step, and a slew are told apart") {
  test::FakeClock clock;
  ClockJumps jumps(ClockReading::of(clock));
  clock.advance(10s);
  CHECK_FALSE(jumps.look(ClockReading::of(clock)));
  clock.sleep(1h);
  const auto slept = jumps.look(ClockReading::of(clock));
  REQUIRE(slept);
  CHECK(slept->slept == 1h);
  CHECK(slept->stepped == 0s);
  clock.step_wall(-2h);
  clock.advance(3s);
  const auto stepped = jumps.look(ClockReading::of(clock));
  REQUIRE(stepped);
  CHECK(stepped->slept == 0s);
  CHECK(stepped->stepped == -2h);
  clock.step_wall(900ms);
  CHECK_FALSE(jumps.look(ClockReading::of(clock)));
  clock.sleep(5s);
  clock.step_wall(1min);
  const auto both = jumps.look(ClockReading::of(clock));
  REQUIRE(both);
  CHECK(both->slept == 5s);
  CHECK(both->stepped == 1min);
}

TEST_CASE("follow-ups: soon at first, then each half minute, for ten minutes") {
  FollowUps follow_ups;
  CHECK_FALSE(follow_ups.next());
  follow_ups.begin(TimePoint(100s));
  std::string pauses;
  TimePoint last(100s);
  int played = 0;
  while (const auto next = follow_ups.next()) {
    if (played < 6) pauses += std::to_string((*next - last) / 1s) + " ";
    last = *next;
    ++played;
    follow_ups.played(*next);
    follow_ups.begin(*next);  // the follow-up failed as well
  }
  CHECK(pauses == "5 10 20 30 30 30 ");
  CHECK(last <= TimePoint(700s));
  CHECK(last > TimePoint(670s));
  follow_ups.end();
  follow_ups.begin(TimePoint(1000s));
  CHECK(follow_ups.next() == TimePoint(1005s));
}
