#include "engine/lua/number_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace gelombang {

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-7 && size < 1e21);
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {text.data(), end.ptr};
}

bool is_exact(double number) noexcept { return std::abs(number) <= kMostExact; }

}  // namespace gelombang
