// What happens to arrivals that are late because the generator itself stalled. engine/load/arrivals implements it.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gelombang {

enum class CatchUp : std::uint8_t {
  burst,   // all of them start at once, like a queue when the target opens
  capped,  // they start at 1.2 times the pace of the schedule, in order, until the backlog is gone
  skip,    // they are dropped: DropReason::generator_stall
};
inline constexpr std::array<std::string_view, 3> kCatchUpNames{"burst", "capped", "skip"};
constexpr std::string_view name(CatchUp policy) noexcept { return kCatchUpNames[static_cast<std::size_t>(policy)]; }
Result<CatchUp> parse_catch_up(std::string_view text);

}  // namespace gelombang
