// Lua concatenates a number with 14 digits, and offers no way to change that. So a scenario's text is changed before it
// is compiled: a function of the prelude first receives each operand of `..`.
#pragma once

#include <string>
#include <string_view>

namespace gelombang {

// The global function that receives the operands. Its second argument is the operand's text, if that is a name.
inline constexpr std::string_view kExactFunction = "__exact";

// `a .. f(b)` -> `__exact(a,"a") .. __exact((f(b)))`; strings and line numbers stay as they are. The source must be
// valid Lua; other source comes back as some other text.
std::string with_exact_concatenation(std::string_view source);

}  // namespace gelombang
