#include "probes/consent/document.hpp"

#include <fmt/format.h>

#include <chrono>

namespace gelombang {
namespace {

constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:ddZ";
constexpr int kLastYear = 2200;  // WallTime's nanoseconds end in 2262

bool fits(std::string_view text) {
  if (text.size() != kPattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kPattern[i] == 'd' ? !digit : text[i] != kPattern[i]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

Result<WallTime> parse_utc(std::string_view text) {
  const Error error{"not a time in UTC such as 2026-03-01T05:00:00Z"};
  if (!fits(text)) return error;
  using namespace std::chrono;
  const year_month_day date{year(number(text.substr(0, 4))), month(static_cast<unsigned>(number(text.substr(5, 2)))),
                            day(static_cast<unsigned>(number(text.substr(8, 2))))};
  const int hour = number(text.substr(11, 2));
  const int minute = number(text.substr(14, 2));
  const int second = number(text.substr(17, 2));
  const int year_number = static_cast<int>(date.year());
  if (!date.ok() || year_number < 1970 || year_number > kLastYear || hour > 23 || minute > 59 || second > 59) {
    return error;
  }
  return WallTime(sys_days(date)) + hours(hour) + minutes(minute) + seconds(second);
}

std::string format_utc(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

}  // namespace gelombang
