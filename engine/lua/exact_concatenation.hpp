// Lua writes a number that is concatenated with 14 digits, and offers no way to change that. So a scenario's text is
// changed before it is compiled: each operand of `..` is handed to a function of the prelude first.
#pragma once

#include <string>
#include <string_view>

namespace gelombang {

// The global function that the operands are handed to, with their own text as a second argument where that is a name.
inline constexpr std::string_view kExactFunction = "__exact";

// `a .. f(b)` -> `__exact(a,"a") .. __exact((f(b)))`; strings stay as they are, and so does the number of each line.
// The source must be valid Lua; what is none comes back as some other text.
std::string with_exact_concatenation(std::string_view source);

}  // namespace gelombang
