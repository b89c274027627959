#include "app/exit.hpp"

#include <fmt/format.h>
#include "app/say.hpp"

#include <cstdio>

namespace gelombang {

int refuse(ExitCause cause, std::string_view why) {
  say("gelombang: {}\n", why);
  return static_cast<int>(cause);
}

}  // namespace gelombang
