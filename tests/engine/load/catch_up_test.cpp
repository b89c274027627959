// How the pacer handles arrivals that our own stall made late, on a fake clock.
#include "engine/load/arrivals.hpp"
#include "engine/stall_detector.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <algorithm>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

struct Handed {
  Arrival arrival;
  Duration at{};  // since the epoch
  bool skipped = false;
};

std::vector<Arrival> all_of(const Load& load) {
  ArrivalSchedule schedule(load, 1, Share{});
  std::vector<Arrival> arrivals;
  while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
  return arrivals;
}

struct Stall {
  Duration from;
  Duration until;
};

// A correct worker, except that it stands still during the stalls.
std::vector<Handed> play(Pacer& pacer, test::FakeClock& clock, const std::vector<Stall>& stalls) {
  std::vector<Handed> handed;
  while (const auto deadline = pacer.next_deadline()) {
    clock.advance(std::max(Duration::zero(), *deadline - clock.now()));
    for (const Stall& stall : stalls) {
      const Duration since = clock.now() - pacer.epoch();
      if (since > stall.from && since < stall.until) clock.advance(stall.until - since);
    }
    const TimePoint now = clock.now();
    while (const auto arrival = pacer.due(now))
      handed.push_back({*arrival, now - pacer.epoch(), pacer.skips(*arrival, now)});
  }
  return handed;
}

std::vector<Handed> play(const Load& load, CatchUp policy, const std::vector<Stall>& stalls) {
  test::FakeClock clock;
  Pacer pacer(ArrivalSchedule(load, 1, Share{}), clock.now(), policy);
  return play(pacer, clock, stalls);
}

std::size_t handed_in(const std::vector<Handed>& handed, Duration from, Duration until) {
  return static_cast<std::size_t>(std::count_if(
      handed.begin(), handed.end(), [&](const Handed& h) { return !h.skipped && h.at >= from && h.at < until; }));
}

// Every arrival comes once, in the schedule's order, with its own time, and not before that time.
void check_is_schedule(const std::vector<Handed>& handed, const Load& load) {
  const auto whole = all_of(load);
  REQUIRE(handed.size() == whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(handed[i].arrival.index == whole[i].index);
    CHECK(handed[i].arrival.offset == whole[i].offset);
    CHECK(handed[i].at >= whole[i].offset);
  }
}

const Load kEven = constant_rate_load(Rate::per_second(100), 60s, true);
const Load kPoisson = constant_rate_load(Rate::per_second(100), 60s, false);

}  // namespace

TEST_CASE("catch-up: without a stall the policies are one, and nothing is late") {
  for (const CatchUp policy : {CatchUp::burst, CatchUp::capped, CatchUp::skip}) {
    test::FakeClock clock;
    Pacer pacer(ArrivalSchedule(kPoisson, 1, Share{}), clock.now(), policy);
    const auto handed = play(pacer, clock, {});
    check_is_schedule(handed, kPoisson);
    CHECK(std::all_of(handed.begin(), handed.end(), [](const Handed& h) { return h.at == h.arrival.offset; }));
    CHECK(pacer.late() == 0);
  }
}

TEST_CASE("catch-up: a late look of up to 100 ms is made up for at once, whatever the policy") {
  for (const CatchUp policy : {CatchUp::burst, CatchUp::capped, CatchUp::skip}) {
    const auto handed = play(kEven, policy, {{10s, 10s + 100ms}});
    check_is_schedule(handed, kEven);
    CHECK(handed_in(handed, 10s + 100ms, 10s + 100ms + 1ns) == 10);
    CHECK(std::none_of(handed.begin(), handed.end(), [](const Handed& h) { return h.skipped; }));
  }
}

TEST_CASE("catch-up: burst starts the whole backlog at once") {
  const auto handed = play(kEven, CatchUp::burst, {{10s, 12s}});
  check_is_schedule(handed, kEven);
  CHECK(handed_in(handed, 12s, 12s + 1ns) == 200);
  CHECK(handed_in(handed, 12s + 1ns, 14s) == 199);
}

TEST_CASE("catch-up: capped plays the backlog at 1.2 times its pace until it is gone") {
  const auto handed = play(kEven, CatchUp::capped, {{10s, 12s}});
  check_is_schedule(handed, kEven);
  // A recovering target gets at most a fifth more than the schedule has.
  for (Duration at = 12s; at < 30s; at += 500ms) CHECK(handed_in(handed, at, at + 1s) <= 121);
  for (Duration at = 12s; at < 21s; at += 1s) CHECK(handed_in(handed, at, at + 1s) >= 119);
  // 2 s of backlog at 1.2 times the pace: gone after 10 s.
  CHECK(handed_in(handed, 10s + 1ns, 22s) == 1199);
  const auto after = std::find_if(handed.begin(), handed.end(), [](const Handed& h) { return h.at > 22s; });
  CHECK(std::all_of(after, handed.end(), [](const Handed& h) { return h.at == h.arrival.offset; }));
}

TEST_CASE("catch-up: capped keeps the gaps of Poisson arrivals, a fifth closer") {
  const auto handed = play(kPoisson, CatchUp::capped, {{10s, 12s}});
  check_is_schedule(handed, kPoisson);
  const auto first = std::find_if(handed.begin(), handed.end(), [](const Handed& h) { return h.at == 12s; });
  REQUIRE(first != handed.end());
  for (auto h = first; (h + 1)->at < 20s; ++h) {
    const double gap = to_seconds((h + 1)->arrival.offset - h->arrival.offset);
    CHECK(to_seconds((h + 1)->at - h->at) == Approx(gap / 1.2).margin(2e-9));
  }
}

TEST_CASE("catch-up: capped follows a ramp, and a stall in the catching up begins anew") {
  Load ramp;
  ramp.kind = LoadKind::ramping_rate;
  ramp.uniform = true;
  ramp.intensity.add_piece(60s, Rate::per_second(0), Rate::per_second(120));
  const auto handed = play(ramp, CatchUp::capped, {{20s, 22s}, {25s, 26s}});
  check_is_schedule(handed, ramp);
  // Never faster than 1.2 times the rate of the schedule at that place.
  for (std::size_t i = 50; i + 1 < handed.size(); ++i) {
    const double gap = to_seconds(handed[i + 1].at - handed[i].at);
    const double planned = to_seconds(handed[i + 1].arrival.offset - handed[i].arrival.offset);
    CHECK(gap > planned / 1.2 - 2e-9);
  }
  CHECK(handed.back().at == handed.back().arrival.offset);  // caught up by the end
}

TEST_CASE("catch-up: skip drops what is late by more than 100 ms, and counts it") {
  test::FakeClock clock;
  Pacer pacer(ArrivalSchedule(kEven, 1, Share{}), clock.now(), CatchUp::skip);
  const auto handed = play(pacer, clock, {{10s, 12s}});
  check_is_schedule(handed, kEven);
  const auto skipped = std::count_if(handed.begin(), handed.end(), [](const Handed& h) { return h.skipped; });
  CHECK(skipped == 189);  // due after 10 s and before 11.9 s
  CHECK(pacer.late() == 189);
  CHECK(handed_in(handed, 12s, 12s + 1ns) == 11);
}

TEST_CASE("catch-up: the same stall has the same end on every run") {
  for (const CatchUp policy : {CatchUp::burst, CatchUp::capped, CatchUp::skip}) {
    const std::vector<Stall> stalls{{3s, 4s}, {8s, 8s + 250ms}, {50s, 58s}};
    const auto once = play(kPoisson, policy, stalls);
    const auto again = play(kPoisson, policy, stalls);
    CHECK(std::equal(once.begin(), once.end(), again.begin(), again.end(), [](const Handed& a, const Handed& b) {
      return a.arrival.index == b.arrival.index && a.at == b.at && a.skipped == b.skipped;
    }));
  }
}

TEST_CASE("catch-up: what a stop leaves of a backlog can be counted, each once") {
  test::FakeClock clock;
  Pacer pacer(ArrivalSchedule(kEven, 1, Share{}), clock.now(), CatchUp::capped);
  clock.advance(10s);
  std::size_t started = 0;
  while (pacer.due(clock.now())) ++started;
  CHECK(started == 1);
  std::size_t left = 0;
  while (pacer.intended_before(clock.now())) ++left;
  CHECK(started + left == 1000);
  CHECK(pacer.next_deadline());  // the arrivals still to come
}

TEST_CASE("catch-up: the policies have names, and nothing else is one") {
  for (const CatchUp policy : {CatchUp::burst, CatchUp::capped, CatchUp::skip})
    CHECK(parse_catch_up(name(policy)).value() == policy);
  CHECK(parse_catch_up("Burst").error().message == "unknown catch-up policy 'Burst': expected burst, capped or skip");
}

TEST_CASE("stall detector: beats in time are no stalls, one that is late by more than 100 ms is") {
  test::FakeClock clock;
  WorkerHealth health;
  StallDetector detector(health);
  detector.start(clock.now());
  const TimePoint begin = clock.now();
  const auto beat_after = [&](Duration late) {
    clock.advance(detector.due() - clock.now() + late);
    detector.beat(clock.now());
  };
  for (int i = 0; i < 50; ++i) beat_after(i * 2ms);
  beat_after(100ms);
  CHECK(health.stalls == 0);
  beat_after(101ms);
  beat_after(2s);
  beat_after(0ms);
  CHECK(health.stalls == 2);
  CHECK(Duration(health.stalled) == 2101ms);
  CHECK(Duration(health.longest_stall) == 2s);
  CHECK(Duration(health.observed) == clock.now() - begin);
  health.add_gc_pause(3ms);
  health.add_gc_pause(1ms);
  CHECK(Duration(health.gc_time) == 4ms);
  CHECK(Duration(health.gc_longest) == 3ms);
}
