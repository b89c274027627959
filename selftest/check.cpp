#include "selftest/check.hpp"

#include "base/units.hpp"

#include <fmt/format.h>

namespace gelombang::selftest {
namespace {

std::string text(Unit unit, double value) {
  if (unit == Unit::seconds) return format_duration(from_seconds(value));
  if (unit == Unit::yes) return value != 0 ? "yes" : "no";
  return fmt::format("{:.0f}", value);
}

}  // namespace

std::string Check::expected() const {
  if (low == high || unit == Unit::yes) return text(unit, low);
  if (high == kAny) return "at least " + text(unit, low);
  if (low <= 0) return "at most " + text(unit, high);
  return text(unit, low) + " to " + text(unit, high);
}

std::string Check::measured() const { return std::isnan(value) ? "nothing" : text(unit, value); }

}  // namespace gelombang::selftest
