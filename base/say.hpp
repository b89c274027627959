// The texts of a command: messages on stderr while it runs, the requested output on stdout. A closed or full stderr
// must not change how a run ends; lost output on stdout does (base/output_document.hpp).
#pragma once

#include "base/output_document.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace gelombang {

template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::fputs(fmt::format(format, std::forward<Arguments>(arguments)...).c_str(), stderr);
}

template <class... Arguments>
void answer(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print(fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace gelombang
