// Numbers as written in URLs, forms and JSON. Lua itself keeps 14 digits, which would change order numbers.
#pragma once

#include <string>

namespace gelombang {

// The shortest text that reads back as the same number: whole numbers digit by digit, no exponent between 1e-7 and
// 1e21. "nan", "inf" and "-inf" for values that JSON cannot write.
std::string number_text(double number);

inline constexpr double kMostExact = 9007199254740992.0;  // 2^53

// Whether a number is what a script wrote: finite, and at most 2^53. Larger whole numbers are rounded.
bool is_exact(double number) noexcept;

}  // namespace gelombang
