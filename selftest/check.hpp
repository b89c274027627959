// A figure that is known beforehand, and its measured value.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace gelombang::selftest {

enum class Unit : std::uint8_t { count, seconds, yes };

struct Check {
  static constexpr double kAny = std::numeric_limits<double>::infinity();

  std::string stage;
  std::string what;
  Unit unit = Unit::count;
  double low = 0;  // the allowed range, ends included
  double high = kAny;
  double value = std::nan("");  // NaN: there was nothing to measure

  [[nodiscard]] bool holds() const noexcept { return value >= low && value <= high; }
  [[nodiscard]] std::string expected() const;
  [[nodiscard]] std::string measured() const;
};

}  // namespace gelombang::selftest
