#include "uptime/maintenance.hpp"

#include "tests/support/catch.hpp"

#include <chrono>
#include <string>

using namespace gelombang;
using namespace gelombang::uptime;
using namespace std::chrono_literals;

namespace {

// Whole seconds of UTC.
WallTime utc(int year, unsigned month, unsigned day, Duration time_of_day) {
  const std::chrono::sys_days midnight(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
  return WallTime(Duration(midnight.time_since_epoch()) + time_of_day);
}

MaintenanceCalendar calendar(const std::string& zone_name, const std::string& when, Duration lasts) {
  const auto* const zone = find_zone(zone_name).value();
  return {*zone, {parse_maintenance(when, lasts, *zone).value()}};
}

// Whether the window covers exactly [begin, end).
void check_covers(const MaintenanceCalendar& calendar, WallTime begin, WallTime end) {
  CHECK_FALSE(calendar.active(begin - 1ns));
  CHECK(calendar.active(begin));
  CHECK(calendar.active(end - 1ns));
  CHECK_FALSE(calendar.active(end));
}

}  // namespace

TEST_CASE("maintenance: a weekly window is in the wall time of its zone") {
  const auto jakarta = calendar("Asia/Jakarta", "Sun 00:01", 5h);
  // Sunday 6 December 2026, 00:01 WIB (UTC+7).
  check_covers(jakarta, utc(2026, 12, 5, 17h + 1min), utc(2026, 12, 5, 22h + 1min));
  CHECK_FALSE(jakarta.active(utc(2026, 12, 6, 17h + 1min)));
  CHECK(jakarta.active(utc(2026, 12, 12, 17h + 1min)));
}

TEST_CASE("maintenance: a daily window goes over midnight") {
  const auto nightly = calendar("Asia/Makassar", "day 23:30", 2h);  // UTC+8
  check_covers(nightly, utc(2026, 12, 5, 15h + 30min), utc(2026, 12, 5, 17h + 30min));
  check_covers(nightly, utc(2026, 12, 6, 15h + 30min), utc(2026, 12, 6, 17h + 30min));
}

TEST_CASE("maintenance: a window may last as long as its period") {
  const auto week = calendar("Asia/Jakarta", "Wed 12:00", 7 * 24h);
  const auto day = calendar("Asia/Jakarta", "day 12:00", 24h);
  for (int hour = 0; hour < 24 * 14; ++hour) {
    CHECK(week.active(utc(2026, 12, 1, hour * 1h)));
    CHECK(day.active(utc(2026, 12, 1, hour * 1h)));
  }
}

TEST_CASE("maintenance: a single window") {
  const auto once = calendar("Asia/Jakarta", "2026-12-04T12:00", 90min);
  check_covers(once, utc(2026, 12, 4, 5h), utc(2026, 12, 4, 6h + 30min));
  CHECK_FALSE(once.active(utc(2027, 12, 4, 5h)));
}

TEST_CASE("maintenance: a time that does not exist begins with the change of the clocks") {
  // New York put its clocks forward on 14 March 2027, from 02:00 to 03:00 (07:00 UTC).
  check_covers(calendar("America/New_York", "Sun 02:30", 1h), utc(2027, 3, 14, 7h), utc(2027, 3, 14, 8h));
  check_covers(calendar("America/New_York", "2027-03-14T02:59", 1h), utc(2027, 3, 14, 7h), utc(2027, 3, 14, 8h));
  // A week later 02:30 exists again, at UTC-4.
  check_covers(calendar("America/New_York", "Sun 02:30", 1h), utc(2027, 3, 21, 6h + 30min),
               utc(2027, 3, 21, 7h + 30min));
}

TEST_CASE("maintenance: a time that exists twice is the first one, and lasts in real time") {
  // Berlin puts its clocks back on 31 October 2027, from 03:00 to 02:00 (01:00 UTC).
  check_covers(calendar("Europe/Berlin", "Sun 02:30", 2h), utc(2027, 10, 31, 0h + 30min),
               utc(2027, 10, 31, 2h + 30min));
  // The window begins before the change and keeps its length.
  check_covers(calendar("Europe/Berlin", "day 00:30", 3h), utc(2027, 10, 30, 22h + 30min),
               utc(2027, 10, 31, 1h + 30min));
}

TEST_CASE("maintenance: midnight itself may be missing") {
  // Cairo puts its clocks forward at midnight: 30 April 2027 begins at 01:00.
  check_covers(calendar("Africa/Cairo", "Fri 00:15", 1h), utc(2027, 4, 29, 22h), utc(2027, 4, 29, 23h));
}

TEST_CASE("maintenance: what is no time of maintenance is refused") {
  const auto* const zone = find_zone("Asia/Jakarta").value();
  for (const std::string text :
       {"", "Sun", "Sun 24:00", "Sun 0:01", "sun 00:01", "Sunday 00:01", "Sun 00:60", "00:01", "day", "2026-12-04",
        "2026-02-30T12:00", "2026-12-04 12:00", "Sun  00:01", "Sun 00:01 ", "9999-01-01T00:00", "1969-01-01T00:00"}) {
    INFO(text);
    const auto window = parse_maintenance(text, 1h, *zone);
    REQUIRE(window.has_error());
    CHECK_THAT(window.error().message, Catch::Contains("is no time of maintenance"));
  }
  CHECK(parse_maintenance("Sun 00:01", 7 * 24h + 1s, *zone).has_error());
  CHECK(parse_maintenance("day 00:01", 24h + 1s, *zone).has_error());
  CHECK(parse_maintenance("Sun 00:01", 0s, *zone).has_error());
  CHECK(parse_maintenance("Sun 00:01", -1h, *zone).has_error());
}

TEST_CASE("maintenance: an unknown zone is refused, and no file outside of the database is opened") {
  for (const std::string name : {"", "Asia/Jakrta", "../../../etc/passwd", "/etc/passwd", "WIB"}) {
    INFO(name);
    const auto zone = find_zone(name);
    REQUIRE(zone.has_error());
    CHECK_THAT(zone.error().message, Catch::Contains("is no time zone"));
  }
}
