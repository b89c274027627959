#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace gelombang {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// Reads a plain decimal number off the front of `text`. No sign, no exponent: users do not write them.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0) || !std::isfinite(value) || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// The longest run of letters at the front, looked up in `units`.
template <std::size_t N>
const Unit* take_unit(std::string_view& text, const std::array<Unit, N>& units) {
  std::size_t length = 0;
  while (length < text.size() && ((text[length] | 32) >= 'a' && (text[length] | 32) <= 'z')) ++length;
  const std::string_view name = text.substr(0, length);
  for (const Unit& unit : units) {
    if (unit.name == name) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

constexpr std::array<Unit, 7> kDurationUnits{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
constexpr std::array<Unit, 8> kSizeUnits{
    {{"B", 1}, {"", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}}};

constexpr std::array<Unit, 4> kBandwidthUnits{{{"bit", 1}, {"kbit", 1e3}, {"Mbit", 1e6}, {"Gbit", 1e9}}};

std::string scaled(double value, std::string_view unit) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, unit);
}

}  // namespace

Result<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return Error{fmt::format("'{}' is too large a number", text)};
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{fmt::format("'{}' is not a whole number: expected digits only, such as 10", text)};
  }
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto fail = [text] {
    return Error{
        fmt::format("'{}' is not a duration: expected a number and a unit, such as 250ms, 20s, 2m or 1h30m", text)};
  };
  if (text == "0") return Duration::zero();
  if (text.empty()) return fail();
  double seconds = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) return fail();
    const Unit* unit = take_unit(rest, kDurationUnits);
    if (unit == nullptr) return fail();
    seconds += *number * unit->factor;
  }
  if (seconds > 3650.0 * 86400) return Error{fmt::format("'{}' is longer than ten years", text)};
  return from_seconds(seconds);
}

Result<Rate> parse_rate(std::string_view text) {
  const auto fail = [text] {
    return Error{
        fmt::format("'{}' is not a rate: expected a number per unit of time, such as 50/s, 30/m or 100/h", text)};
  };
  std::string_view rest = text;
  if (rest.empty()) return fail();
  const auto number = take_number(rest);
  if (!number || rest.empty() || rest.front() != '/') return fail();
  rest.remove_prefix(1);
  double seconds = 0;
  if (rest == "s") seconds = 1;
  else if (rest == "m" || rest == "min") seconds = 60;
  else if (rest == "h") seconds = 3600;
  else if (rest == "d") seconds = 86400;
  else return fail();
  return Rate::per_second(*number / seconds);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto fail = [text] {
    return Error{fmt::format("'{}' is not a size: expected bytes, such as 2000000, 200KB or 1.5MiB", text)};
  };
  std::string_view rest = text;
  if (rest.empty()) return fail();
  const auto number = take_number(rest);
  if (!number) return fail();
  const Unit* unit = take_unit(rest, kSizeUnits);
  if (unit == nullptr || !rest.empty()) return fail();
  const double bytes = *number * unit->factor;
  if (bytes > 9e15) return fail();
  return static_cast<std::uint64_t>(std::llround(bytes));
}

Result<double> parse_bandwidth(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  const Unit* const unit = number ? take_unit(rest, kBandwidthUnits) : nullptr;
  constexpr double kMost = 100e9;
  const double bits = unit != nullptr ? *number * unit->factor : 0;
  if (unit == nullptr || rest != "/s" || !(bits >= 1) || bits > kMost) {
    return Error{fmt::format(
        "'{}' is not a bandwidth: expected a number above 0 and a unit, such as 500kbit/s or 1.5Mbit/s", text)};
  }
  return bits / 8;
}

Result<double> parse_scale(std::string_view text) {
  const auto fail = [text] {
    return Error{fmt::format("'{}' is not a scale: expected a factor above 0, such as 1/1000 or 0.5", text)};
  };
  std::string_view rest = text;
  if (rest.empty()) return fail();
  const auto numerator = take_number(rest);
  if (!numerator) return fail();
  double value = *numerator;
  if (!rest.empty()) {
    if (rest.front() != '/' || rest.size() == 1) return fail();
    rest.remove_prefix(1);
    const auto denominator = take_number(rest);
    if (!denominator || !rest.empty() || *denominator == 0) return fail();
    value /= *denominator;
  }
  if (!(value > 0) || value > 1e6) return fail();
  return value;
}

std::string format_duration(Duration value) {
  const double seconds = to_seconds(value);
  if (seconds < 0) return "-" + format_duration(-value);
  if (seconds == 0) return "0 s";
  if (seconds < 0.9995e-3) return scaled(seconds * 1e6, "us");
  if (seconds < 0.9995) return scaled(seconds * 1e3, "ms");
  if (seconds < 99.95) return scaled(seconds, "s");
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
}

std::string format_rate(Rate value) {
  double rate = value.per_second();
  char unit = 's';
  if (rate > 0 && rate < 0.00995) {
    rate *= 60;
    unit = 'm';
    if (rate < 0.00995) {
      rate *= 60;
      unit = 'h';
    }
  }
  const int decimals = rate < 9.995 ? 2 : rate < 999.5 ? 1 : 0;
  return fmt::format("{:.{}f}/{}", rate, decimals, unit);
}

std::string format_bandwidth(double bytes_per_second) {
  const double bits = bytes_per_second * 8;
  if (bits < 999.5) return scaled(bits, "bit/s");
  if (bits < 999.5e3) return scaled(bits / 1e3, "kbit/s");
  if (bits < 999.5e6) return scaled(bits / 1e6, "Mbit/s");
  return scaled(bits / 1e9, "Gbit/s");
}

std::string format_size(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (value < 1048576) return scaled(value / 1024, "KiB");
  if (value < 1073741824) return scaled(value / 1048576, "MiB");
  return scaled(value / 1073741824, "GiB");
}

}  // namespace gelombang
