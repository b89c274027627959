#include "runs/start_time.hpp"

#include "base/local_time.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

// Sets the machine's time zone during the object's lifetime.
class Zone {
 public:
  explicit Zone(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    set(zone);
  }
  ~Zone() { set(before_.empty() ? nullptr : before_.c_str()); }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  static void set(const char* zone) {
    if (zone == nullptr) unsetenv("TZ");
    else setenv("TZ", zone, 1);
    tzset();
  }
  std::string before_;
};

// Zones as rules, so that no time zone database is needed.
constexpr const char* kJakarta = "WIB-7";
constexpr const char* kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";

constexpr WallTime kNow = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 3 / 4)) + 1h + 19min;  // 08:19 WIB

std::string start_of(const std::string& text) {
  const auto at = parse_start(text, kNow);
  return at.has_value() ? full_time_text(at.value()) : at.error().message;
}

}  // namespace

TEST_CASE("start: a time of day is today's, and local", "[unit]") {
  const Zone zone(kJakarta);
  CHECK(start_of("12:00") == "Wed 4 Mar 2026 12:00:00 WIB (05:00:00 UTC)");
  CHECK(start_of("12:00:30") == "Wed 4 Mar 2026 12:00:30 WIB (05:00:30 UTC)");
  CHECK(parse_start("", kNow).value() == kNow);
}

TEST_CASE("times: a time of day that is shown to people names its zone", "[unit]") {
  {
    const Zone zone(kJakarta);
    CHECK(time_text(kNow) == "2026-03-04 08:19:00 WIB");
  }
  {
    const Zone zone("<+07>-7");
    CHECK(time_text(kNow) == "2026-03-04 08:19:00 UTC+07");
  }
  const Zone zone("UTC0");
  CHECK(time_text(kNow) == "2026-03-04 01:19:00 UTC");
}

TEST_CASE("start: a time of day that is over is refused, never taken for tomorrow's", "[unit]") {
  const Zone zone(kJakarta);
  CHECK(start_of("08:00") ==
        "--start-at '08:00' is in the past: it was Wed 4 Mar 2026 08:00:00 WIB (01:00:00 UTC), 19 min ago; for another "
        "day write its date, such as 2026-03-04T12:00");
  CHECK(start_of("2026-03-03T12:00") ==
        "--start-at '2026-03-03T12:00' is in the past: it was Tue 3 Mar 2026 12:00:00 WIB (05:00:00 UTC), 20 h 19 min "
        "ago");
}

TEST_CASE("start: a date may be local or have a zone of its own", "[unit]") {
  const Zone zone(kJakarta);
  const std::string noon = "Thu 5 Mar 2026 12:00:00 WIB (05:00:00 UTC)";
  for (const char* text : {"2026-03-05T12:00", "2026-03-05T12:00:00", "2026-03-05T05:00Z", "2026-03-05T12:00+07:00",
                           "2026-03-05T12:00:00+0700", "2026-03-05T14:00:00+09:00"}) {
    INFO(text);
    CHECK(start_of(text) == noon);
  }
  CHECK(start_of("2026-03-05T06:00") == "Thu 5 Mar 2026 06:00:00 WIB (Wed 4 Mar 23:00:00 UTC)");
}

TEST_CASE("start: where clocks show UTC the time stands once, and a zone without letters is told from it", "[unit]") {
  {
    const Zone zone("UTC0");
    CHECK(start_of("12:00") == "Wed 4 Mar 2026 12:00:00 UTC");
  }
  {
    const Zone zone("Asia/Jakrta");
    CHECK(start_of("12:00") == "Wed 4 Mar 2026 12:00:00 Asia (12:00:00 UTC)");
  }
  {
    const Zone zone("UTC+7");
    CHECK(start_of("2026-03-05T12:00") == "Thu 5 Mar 2026 12:00:00 UTC-07:00 (19:00:00 UTC)");
  }
  const Zone zone("<-03>3");
  CHECK(start_of("2026-03-05T12:00") == "Thu 5 Mar 2026 12:00:00 UTC-03 (15:00:00 UTC)");
}

TEST_CASE("start: a local time that summer time leaves out is refused", "[unit]") {
  const Zone zone(kBerlin);
  CHECK(start_of("2026-03-29T02:30") ==
        "--start-at '2026-03-29T02:30': this local time does not exist: the change to summer time skips it");
  CHECK(start_of("2026-03-29T03:30") == "Sun 29 Mar 2026 03:30:00 CEST (01:30:00 UTC)");
}

TEST_CASE("start: what is no time is refused with an example", "[unit]") {
  const Zone zone(kJakarta);
  for (const char* text : {"noon",
                           "1200",
                           "12",
                           "12:0",
                           "12:000",
                           " 12:00",
                           "12:00 ",
                           "24:00",
                           "23:59:60",
                           "12:00\n",
                           "12:60",
                           "-1:00",
                           "12:00Z",
                           "12:00.5",
                           "2026-03-05",
                           "2026-03-05 12:00",
                           "2026-02-30T12:00",
                           "2026-13-01T12:00",
                           "2026-03-05T12",
                           "2026-03-05T12:00X",
                           "2026-03-05T12:00+7",
                           "2026-03-05T12:00:00.5Z",
                           "26-03-05T12:00",
                           "T12:00",
                           "2026-03-05T",
                           "1772600000"}) {
    INFO(text);
    std::string shown = text;
    std::replace(shown.begin(), shown.end(), '\n', '?');
    CHECK(start_of(text) ==
          "--start-at '" + shown + "': expected a time of today such as 12:00 or 12:00:30, or 2026-03-04T12:00+07:00");
  }
}

TEST_CASE("countdown: days, hours, minutes and seconds, of which the two that matter are shown", "[unit]") {
  CHECK(countdown_text(0s) == "0 s");
  CHECK(countdown_text(-5s) == "0 s");
  CHECK(countdown_text(8001ms) == "9 s");
  CHECK(countdown_text(60s) == "1 min");
  CHECK(countdown_text(41min + 10s) == "41 min 10 s");
  CHECK(countdown_text(3h) == "3 h");
  CHECK(countdown_text(3h + 59min + 59s) == "3 h 59 min");
  CHECK(countdown_text(49h) == "2 d 1 h");
}

TEST_CASE("countdown: lines where nothing can be redrawn come closer together towards the start", "[unit]") {
  int lines = 0;
  for (Duration left = 1h; left > 0s; left -= 50ms) {
    if (countdown_line_due(left, left - 50ms)) ++lines;
  }
  // At 50, 40, 30, 20 and 10 minutes, nine more each minute, and at fifty to ten seconds.
  CHECK(lines == 5 + 9 + 5);
  CHECK(countdown_line_due(10min + 20ms, 10min));
  CHECK_FALSE(countdown_line_due(10min, 10min - 50ms));
}
