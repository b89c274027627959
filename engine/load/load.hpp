// A load: how many people come, and when. Open loads have arrivals that never wait for answers;
// closed loads have users who start again when they are done.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "engine/load/intensity.hpp"
#include "engine/load/replay.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

enum class LoadKind : std::uint8_t {
  constant_rate,
  ramping_rate,
  stages,
  spike,
  diurnal,
  wave_opening,
  replay,
  constant_users,
  iterations,
};
std::string_view name(LoadKind kind) noexcept;
std::optional<LoadKind> parse_load_kind(std::string_view name) noexcept;

// A named part of an open load, up to the next part.
struct LoadPhase {
  std::string name;
  Duration start{};
};

struct Load {
  std::string name;
  LoadKind kind = LoadKind::constant_rate;
  // Open loads.
  Intensity intensity;
  std::vector<LoadPhase> phases;          // in order; may be empty
  bool uniform = false;                   // evenly spaced instead of Poisson
  std::optional<ReplaySource> source;     // replay: read_recording() reads it before the load is used
  std::optional<SessionReplay> sessions;  // replay of an access log: arrivals at their recorded times
  // Closed loads.
  std::uint64_t users = 0;
  std::uint64_t iterations = 0;  // in all, over all users; `iterations` only
  Duration duration{};           // constant_users: no iteration starts after it; iterations: the longest it may take

  [[nodiscard]] bool open() const noexcept { return kind != LoadKind::constant_users && kind != LoadKind::iterations; }
  // When the last arrival or iteration may start.
  [[nodiscard]] Duration length() const noexcept { return open() ? intensity.length() : duration; }
};

Load constant_rate_load(Rate rate, Duration duration, bool uniform);
Load constant_users_load(std::uint64_t users, Duration duration);
Load iterations_load(std::uint64_t users, std::uint64_t iterations, Duration longest);

// "2/8": this process plays the second of eight equal parts. index is 0-based.
struct Segment {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
};
Result<Segment> parse_segment(std::string_view text);

}  // namespace gelombang
