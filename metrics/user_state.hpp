// What a virtual user does at the moment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gelombang {

enum class UserState : std::uint8_t {
  requesting,  // waits for the target
  pausing,     // thinks, sleeps or waits for mail
  idle,        // has no iteration
  retrying,    // waits for the next try after a failure
};
inline constexpr std::array<std::string_view, 4> kUserStateNames{"requesting", "pausing", "idle", "retrying"};
using UsersByState = std::array<std::uint64_t, kUserStateNames.size()>;

}  // namespace gelombang
