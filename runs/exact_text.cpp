#include "runs/exact_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

// The shortest text without an exponent: no option reads exponents.
std::string without_exponent(double value) {
  std::string text = fmt::format("{}", value);
  for (int digits = 0; text.find('e') != std::string::npos || std::strtod(text.c_str(), nullptr) != value; ++digits) {
    text = fmt::format("{:.{}f}", value, digits);
  }
  return text;
}

}  // namespace

std::string exact_text(Duration value) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{{{"h", 3'600'000'000'000},
                                                                                    {"m", 60'000'000'000},
                                                                                    {"s", 1'000'000'000},
                                                                                    {"ms", 1'000'000},
                                                                                    {"us", 1'000},
                                                                                    {"ns", 1}}};
  if (value == Duration::zero()) return "0s";
  for (const auto& [unit, length] : kUnits) {
    if (value.count() % length == 0) return fmt::format("{}{}", value.count() / length, unit);
  }
  return {};
}

std::string exact_text(Rate value) {
  static constexpr std::array<std::pair<std::string_view, double>, 2> kLonger{{{"m", 60}, {"h", 3600}}};
  constexpr std::size_t kMuchShorter = 5;  // characters: 0.5/s stays in its usual form, and so does 50/m
  std::string best = without_exponent(value.per_second()) + "/s";
  for (const auto& [unit, seconds] : kLonger) {
    const std::string text = fmt::format("{}/{}", std::round(value.per_second() * seconds * 1000) / 1000, unit);
    const auto read = parse_rate(text);
    if (text.size() + kMuchShorter <= best.size() && read && *read == value) best = text;
  }
  return best;
}

std::string exact_scale(double factor) {
  std::string plain = without_exponent(factor);
  const std::string part = fmt::format("1/{}", std::round(1 / factor));
  const auto read = factor < 1 ? parse_scale(part) : Error{};
  return read && *read == factor && part.size() < plain.size() ? part : plain;
}

}  // namespace gelombang
