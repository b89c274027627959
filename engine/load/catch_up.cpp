#include "engine/load/catch_up.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace gelombang {

Result<CatchUp> parse_catch_up(std::string_view text) {
  for (std::size_t i = 0; i < kCatchUpNames.size(); ++i) {
    if (text == kCatchUpNames[i]) return static_cast<CatchUp>(i);
  }
  return Error{fmt::format("unknown catch-up policy '{}': expected burst, capped or skip", text)};
}

}  // namespace gelombang
