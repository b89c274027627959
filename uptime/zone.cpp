#include "uptime/zone.hpp"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <exception>

namespace gelombang::uptime {
namespace {

// Of exactly so many digits.
std::optional<unsigned> number(std::string_view text, std::size_t digits) noexcept {
  unsigned value = 0;
  if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<const date::time_zone*> find_zone(std::string_view name) {
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return Error{fmt::format("'{}' is no time zone of this machine; expected a name such as Asia/Jakarta", name)};
  }
}

Result<const date::time_zone*> local_zone() {
  try {
    return date::current_zone();
  } catch (const std::exception& problem) {
    return Error{fmt::format("the zone of this machine is not known ({}): expected a name such as Asia/Jakarta",
                             problem.what())};
  }
}

std::string zone_name(const date::time_zone& zone) { return zone.name(); }

WallTime wall_time(const date::time_zone& zone, Duration since_local_epoch) {
  using std::chrono::seconds;
  const auto whole = std::chrono::floor<seconds>(since_local_epoch);
  const date::local_seconds local(whole);
  const auto info = zone.get_info(local);
  // first: the time before a change of the clocks, where there is one.
  if (info.result == date::local_info::nonexistent) return WallTime(info.first.end.time_since_epoch());
  return WallTime(whole - info.first.offset) + (since_local_epoch - whole);
}

std::optional<Duration> parse_time_of_day(std::string_view text) noexcept {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = number(text.substr(0, 2), 2);
  const auto minutes = number(text.substr(3), 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<WallTime> parse_local_time(std::string_view text, const date::time_zone& zone) {
  if (text.size() != 16 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  const auto year = number(text.substr(0, 4), 4);
  const auto month = number(text.substr(5, 2), 2);
  const auto day = number(text.substr(8, 2), 2);
  const auto time = parse_time_of_day(text.substr(11));
  if (!year || !month || !day || !time) return std::nullopt;
  const auto date = date::year(static_cast<int>(*year)) / date::month(*month) / date::day(*day);
  // The clocks of this program end in 2262.
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  return wall_time(zone, Duration(date::local_days(date).time_since_epoch()) + *time);
}

}  // namespace gelombang::uptime
