// Announced times of maintenance, in the wall time of a zone, whatever daylight saving does to it.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "uptime/zone.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang::uptime {

// A window: begins each day, each week, or once, and lasts so long in real time.
struct MaintenanceWindow {
  std::optional<WallTime> once;     // instead of the next two
  std::optional<unsigned> weekday;  // 0: Sunday; nothing: every day
  Duration time_of_day{};           // local
  Duration lasts{};                 // in (0, 7 days]; every day: at most 24 hours
};

// "Sun 00:01", "day 23:30": English names of three letters; or "2026-12-04T12:00", once.
Result<MaintenanceWindow> parse_maintenance(std::string_view when, Duration lasts, const date::time_zone& zone);

class MaintenanceCalendar {
 public:
  MaintenanceCalendar() = default;  // no windows
  MaintenanceCalendar(const date::time_zone& zone, std::vector<MaintenanceWindow> windows)
      : zone_(&zone), windows_(std::move(windows)) {}

  // A window's begin belongs to it, its end does not.
  [[nodiscard]] bool active(WallTime at) const;
  [[nodiscard]] bool empty() const noexcept { return windows_.empty(); }

 private:
  [[nodiscard]] bool active(const MaintenanceWindow& window, WallTime at) const;

  const date::time_zone* zone_ = nullptr;
  std::vector<MaintenanceWindow> windows_;
};

}  // namespace gelombang::uptime
