#include "runs/start_time.hpp"

#include "base/json_writer.hpp"
#include "base/local_time.hpp"
#include "engine/load/recorded_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

namespace gelombang {
namespace {

using std::chrono::seconds;

// The moment when local clocks show the time `civil`, which is given as if it were UTC. Nothing if they never show it:
// the hour that summer time skips.
std::optional<WallTime> local_moment(Duration civil) {
  const std::time_t shown = std::chrono::duration_cast<seconds>(civil).count();
  std::tm wanted{};
  gmtime_r(&shown, &wanted);
  std::tm parts = wanted;
  parts.tm_isdst = -1;
  const std::time_t at = mktime(&parts);
  const std::tm found = local_parts(WallTime(seconds(at)));
  if (found.tm_hour != wanted.tm_hour || found.tm_min != wanted.tm_min || found.tm_mday != wanted.tm_mday) {
    return std::nullopt;
  }
  return WallTime(seconds(at));
}

// The parts of a time as parse_recorded_time reads it.
struct WrittenTime {
  std::string civil;  // "2026-03-04T12:00:00"
  std::string zone;   // "Z" or an offset; empty: local
  bool dated = false;
};

WrittenTime split(std::string_view text, WallTime now) {
  WrittenTime written;
  const std::size_t t = text.find('T');
  written.dated = t != std::string_view::npos;
  std::string_view clock = written.dated ? text.substr(t + 1) : text;
  const std::size_t zone = written.dated ? clock.find_first_of("Zz+-") : std::string_view::npos;
  if (zone != std::string_view::npos) {
    written.zone = clock.substr(zone);
    clock = clock.substr(0, zone);
  }
  written.civil = written.dated ? std::string(text.substr(0, t)) : fmt::format("{:%Y-%m-%d}", local_parts(now));
  // A fraction of a second is not accepted.
  const bool whole = clock.size() == 5 || (clock.size() == 8 && !clock.ends_with(":60"));
  written.civil += whole ? fmt::format("T{}{}", clock, clock.size() == 5 ? ":00" : "") : "T";
  return written;
}

}  // namespace

Result<WallTime> parse_start(std::string_view given, WallTime now) {
  if (given.empty()) return now;
  const std::string text = printable(given);
  const Error malformed{fmt::format(
      "--start-at '{}': expected a time of today such as 12:00 or 12:00:30, or 2026-03-04T12:00+07:00", text)};
  const WrittenTime written = split(text, now);
  std::optional<WallTime> at;
  if (written.zone.empty()) {
    const auto civil = parse_recorded_time(written.civil);
    if (!civil) return malformed;
    at = local_moment(*civil);
    if (!at)
      return Error{
          fmt::format("--start-at '{}': this local time does not exist: the change to summer time skips it", text)};
  } else {
    const auto since_1970 = parse_recorded_time(written.civil + written.zone);
    if (!since_1970) return malformed;
    at = WallTime(*since_1970);
  }
  if (*at < now) {
    return Error{fmt::format("--start-at '{}' is in the past: it was {}, {} ago{}", text, full_time_text(*at),
                             countdown_text(now - *at),
                             written.dated ? "" : "; for another day write its date, such as 2026-03-04T12:00")};
  }
  return *at;
}

std::string countdown_text(Duration left) {
  const std::int64_t whole = std::max<std::int64_t>(0, std::chrono::ceil<seconds>(left).count());
  const std::int64_t days = whole / 86400;
  const std::int64_t hours = whole / 3600 % 24;
  const std::int64_t minutes = whole / 60 % 60;
  const auto both = [](std::int64_t large, std::string_view unit, std::int64_t small, std::string_view part) {
    return fmt::format("{} {}", large, unit) + (small > 0 ? fmt::format(" {} {}", small, part) : "");
  };
  if (days > 0) return both(days, "d", hours, "h");
  if (hours > 0) return both(hours, "h", minutes, "min");
  if (minutes > 0) return both(minutes, "min", whole % 60, "s");
  return fmt::format("{} s", whole);
}

bool countdown_line_due(Duration before, Duration left) {
  using std::chrono::minutes;
  const Duration step = left >= minutes(10)  ? Duration(minutes(10))
                        : left >= minutes(1) ? Duration(minutes(1))
                                             : seconds(10);
  return (before - Duration(1)) / step != (left - Duration(1)) / step;
}

}  // namespace gelombang
