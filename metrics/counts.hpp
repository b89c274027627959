// Counters by a fixed list of kinds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gelombang {

template <std::size_t N>
void add_all(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) noexcept {
  for (std::size_t i = 0; i < N; ++i) to[i] += from[i];
}

}  // namespace gelombang
