#include "uptime/maintenance.hpp"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace gelombang::uptime {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr Duration kDay = std::chrono::hours(24);

}  // namespace

Result<MaintenanceWindow> parse_maintenance(std::string_view when, Duration lasts, const date::time_zone& zone) {
  MaintenanceWindow window;
  window.lasts = lasts;
  Duration longest = 7 * kDay;
  if (const auto once = parse_local_time(when, zone)) {
    window.once = once;
  } else {
    const auto day = when.substr(0, when.find(' '));
    const auto time = when.size() > day.size() ? parse_time_of_day(when.substr(day.size() + 1)) : std::nullopt;
    const auto* const weekday = std::find(kWeekdays.begin(), kWeekdays.end(), day);
    if (!time || (weekday == kWeekdays.end() && day != "day")) {
      return Error{
          fmt::format("'{}' is no time of maintenance; expected \"Sun 00:01\", \"day 23:30\" or "
                      "\"2026-12-04T12:00\"",
                      when)};
    }
    window.time_of_day = *time;
    if (weekday != kWeekdays.end()) {
      window.weekday = static_cast<unsigned>(weekday - kWeekdays.begin());
    } else {
      longest = kDay;
    }
  }
  if (lasts <= Duration::zero() || lasts > longest) {
    return Error{fmt::format("maintenance '{}' lasts {:g} h; expected more than 0 and at most {:g} h", when,
                             to_seconds(lasts) / 3600, to_seconds(longest) / 3600)};
  }
  return window;
}

bool MaintenanceCalendar::active(WallTime at) const {
  return std::any_of(windows_.begin(), windows_.end(),
                     [&](const MaintenanceWindow& window) { return active(window, at); });
}

bool MaintenanceCalendar::active(const MaintenanceWindow& window, WallTime at) const {
  const auto covers = [&](WallTime begin) { return begin <= at && at < begin + window.lasts; };
  if (window.once) return covers(*window.once);
  const auto utc = std::chrono::floor<std::chrono::seconds>(at);
  const auto local = utc + zone_->get_info(utc).offset;
  const auto today = std::chrono::floor<date::days>(local.time_since_epoch());
  // A day more on either side: a change of the clocks may move a begin over midnight.
  const auto days_back = static_cast<int>(window.lasts / kDay) + 2;
  for (int back = -1; back <= days_back; ++back) {
    const date::local_days day(today - date::days(back));
    if (window.weekday && date::weekday(day).c_encoding() != *window.weekday) continue;
    if (covers(wall_time(*zone_, Duration(day.time_since_epoch()) + window.time_of_day))) return true;
  }
  return false;
}

}  // namespace gelombang::uptime
