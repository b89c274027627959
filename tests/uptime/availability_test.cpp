#include "uptime/availability.hpp"

#include "tests/support/catch.hpp"

using namespace gelombang::uptime;

TEST_CASE("availability: what nobody saw is neither up nor down") {
  SlotCounts counts;
  for (int i = 0; i < 90; ++i) counts.add_visit(VisitResult::success);
  for (int i = 0; i < 5; ++i) counts.add_visit(VisitResult::degraded);
  for (int i = 0; i < 5; ++i) counts.add_visit(VisitResult::failure);
  counts.add_unplayed(SlotOutcome::not_running, 15);
  counts.add_unplayed(SlotOutcome::paused, 3);
  counts.add_visit(VisitResult::aborted);
  counts.add_visit(VisitResult::aborted);

  const auto found = availability(counts);
  CHECK(counts.due() == 120);
  CHECK(counts.unseen() == 20);
  CHECK(found.uptime.value() == Approx(0.95));
  CHECK(found.coverage.value() == Approx(100.0 / 120));
  CHECK(found.lowest.value() == Approx(95.0 / 120));
  CHECK(found.highest.value() == Approx(115.0 / 120));
  CHECK(found.enough_seen);
}

TEST_CASE("availability: below 80 % coverage it is not enough, and 80 % is") {
  SlotCounts counts;
  for (int i = 0; i < 4; ++i) counts.add_visit(VisitResult::success);
  counts.add_unplayed(SlotOutcome::overload, 1);
  CHECK(availability(counts).enough_seen);
  counts.add_unplayed(SlotOutcome::overlap, 1);
  CHECK_FALSE(availability(counts).enough_seen);
}

TEST_CASE("availability: a monitor that saw nothing has no uptime, but bounds") {
  SlotCounts counts;
  const auto nothing_due = availability(counts);
  CHECK_FALSE(nothing_due.uptime);
  CHECK_FALSE(nothing_due.coverage);
  CHECK_FALSE(nothing_due.enough_seen);

  counts.add_unplayed(SlotOutcome::clock_jump, 7);
  const auto nothing_seen = availability(counts);
  CHECK_FALSE(nothing_seen.uptime);
  CHECK(nothing_seen.coverage == 0.0);
  CHECK(nothing_seen.lowest == 0.0);
  CHECK(nothing_seen.highest == 1.0);
  CHECK_FALSE(nothing_seen.enough_seen);
}

TEST_CASE("availability: hours add up to their day") {
  SlotCounts day;
  SlotCounts whole;
  for (int hour = 0; hour < 24; ++hour) {
    SlotCounts counts;
    for (int i = 0; i < 60; ++i) {
      const auto result = static_cast<VisitResult>((hour * 7 + i) % 4);
      counts.add_visit(result);
      whole.add_visit(result);
    }
    day.merge(counts);
  }
  CHECK(day == whole);
}
