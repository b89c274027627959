// What is said on stderr while a command runs. A stderr that is closed or full must not decide how a run ends.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace gelombang {

template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stderr);
}

}  // namespace gelombang
