#include "base/local_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>

namespace gelombang {
namespace {

std::time_t whole_seconds(WallTime at) {
  return static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

std::string weekday_text(const std::tm& parts) { return fmt::format("{:%a} {} {:%b}", parts, parts.tm_mday, parts); }

std::string offset_text(long seconds_east) {
  const long minutes = std::abs(seconds_east) / 60;
  return fmt::format("{}{:02}:{:02}", seconds_east < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string_view zone_name(const std::tm& parts) { return parts.tm_zone == nullptr ? "" : parts.tm_zone; }

// One that is called UTC and is not.
bool only_claims_utc(const std::tm& parts) {
  const std::string_view name = zone_name(parts);
  return parts.tm_gmtoff != 0 && (name == "UTC" || name == "GMT");
}

// Zones without letters of their own are called "+07" or "-03".
std::string zone_text(const std::tm& parts) {
  const std::string_view name = zone_name(parts);
  if (only_claims_utc(parts)) return "UTC" + offset_text(parts.tm_gmtoff);
  const bool letters = !name.empty() && name.front() != '+' && name.front() != '-';
  return letters ? std::string(name) : "UTC" + std::string(name);
}

}  // namespace

std::tm local_parts(WallTime at) {
  const std::time_t moment = whole_seconds(at);
  std::tm parts{};
  localtime_r(&moment, &parts);
  return parts;
}

std::string time_text(WallTime at) {
  const std::tm here = local_parts(at);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} {}", here, zone_text(here));
}

std::string full_time_text(WallTime at) {
  const std::tm here = local_parts(at);
  const std::time_t moment = whole_seconds(at);
  std::tm utc{};
  gmtime_r(&moment, &utc);
  std::string shown = fmt::format("{} {:%Y %H:%M:%S} {}", weekday_text(here), here, zone_text(here));
  // A TZ that is written wrongly is taken for UTC under that name.
  if (zone_name(here) == "UTC" && !only_claims_utc(here)) return shown;
  const bool same_day = here.tm_mday == utc.tm_mday;
  return shown + fmt::format(" ({}{:%H:%M:%S} UTC)", same_day ? "" : weekday_text(utc) + " ", utc);
}

}  // namespace gelombang
