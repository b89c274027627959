#include "app/exit.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace gelombang {

int refuse(ExitCause cause, std::string_view why) {
  fmt::print(stderr, "gelombang: {}\n", why);
  return static_cast<int>(cause);
}

}  // namespace gelombang
