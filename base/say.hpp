// What a command says: on stderr while it runs, on stdout what it was asked for. A stderr that is closed or full must
// not decide how a run ends; what did not get to stdout does (base/output_document.hpp).
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
