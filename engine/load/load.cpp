#include "engine/load/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace gelombang {

namespace {

// In the order of LoadKind.
constexpr std::array<std::string_view, 9> kKindNames{"constant_rate", "ramping_rate",   "stages",
                                                     "spike",         "diurnal",        "wave_opening",
                                                     "replay",        "constant_users", "iterations"};

}  // namespace

std::string_view name(LoadKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<LoadKind> parse_load_kind(std::string_view name) noexcept {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<LoadKind>(found - kKindNames.begin());
}

Load constant_rate_load(Rate rate, Duration duration, bool uniform) {
  Load load;
  load.kind = LoadKind::constant_rate;
  load.intensity.add_piece(duration, rate, rate);
  load.uniform = uniform;
  return load;
}

Load constant_users_load(std::uint64_t users, Duration duration) {
  Load load;
  load.kind = LoadKind::constant_users;
  load.users = users;
  load.duration = duration;
  return load;
}

Load iterations_load(std::uint64_t users, std::uint64_t iterations, Duration longest) {
  Load load;
  load.kind = LoadKind::iterations;
  load.users = users;
  load.iterations = iterations;
  load.duration = longest;
  return load;
}

Result<Segment> parse_segment(std::string_view text) {
  const auto fail = [text] {
    return Error{fmt::format("'{}' is not a segment: expected i/n with 1 <= i <= n <= 1000, such as 2/8", text)};
  };
  const char* const end = text.data() + text.size();
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  const auto first = std::from_chars(text.data(), end, index);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return fail();
  const auto second = std::from_chars(first.ptr + 1, end, count);
  if (second.ec != std::errc() || second.ptr != end) return fail();
  if (index < 1 || index > count || count > 1000) return fail();
  return Segment{index - 1, count};
}

}  // namespace gelombang
