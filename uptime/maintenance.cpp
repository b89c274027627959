#include "uptime/maintenance.hpp"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

namespace gelombang::uptime {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr Duration kDay = std::chrono::hours(24);

using SystemSeconds = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

// Takes exactly two digits, or four of a year.
std::optional<unsigned> number(std::string_view text, std::size_t digits) {
  unsigned value = 0;
  if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "00:01"
std::optional<Duration> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = number(text.substr(0, 2), 2);
  const auto minutes = number(text.substr(3), 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

// "2026-12-04T12:00", since the local epoch
std::optional<Duration> date_and_time(std::string_view text) {
  if (text.size() != 16 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  const auto year = number(text.substr(0, 4), 4);
  const auto month = number(text.substr(5, 2), 2);
  const auto day = number(text.substr(8, 2), 2);
  const auto time = time_of_day(text.substr(11));
  if (!year || !month || !day || !time) return std::nullopt;
  const auto date = date::year(static_cast<int>(*year)) / date::month(*month) / date::day(*day);
  // The clocks of this program end in 2262.
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  return Duration(date::local_days(date).time_since_epoch()) + *time;
}

}  // namespace

Result<const date::time_zone*> find_zone(std::string_view name) {
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return Error{fmt::format("'{}' is no time zone of this machine; expected a name such as Asia/Jakarta", name)};
  }
}

WallTime wall_time(const date::time_zone& zone, std::chrono::nanoseconds since_local_epoch) {
  using std::chrono::seconds;
  const auto whole = std::chrono::floor<seconds>(since_local_epoch);
  const date::local_seconds local(whole);
  const auto info = zone.get_info(local);
  // first: the time before a change of the clocks, where there is one.
  if (info.result == date::local_info::nonexistent) return WallTime(info.first.end.time_since_epoch());
  return WallTime(whole - info.first.offset) + (since_local_epoch - whole);
}

Result<MaintenanceWindow> parse_maintenance(std::string_view when, Duration lasts, const date::time_zone& zone) {
  MaintenanceWindow window;
  window.lasts = lasts;
  Duration longest = 7 * kDay;
  if (const auto local = date_and_time(when)) {
    window.once = wall_time(zone, *local);
  } else {
    const auto day = when.substr(0, when.find(' '));
    const auto time = when.size() > day.size() ? time_of_day(when.substr(day.size() + 1)) : std::nullopt;
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
