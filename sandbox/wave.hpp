// A registration wave: open, closed and being processed, evaluated, announced. Who wins is drawn
// at random after closing; when somebody joined plays no part.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang::sandbox {

enum class WaveState : std::uint8_t { open = 0, processing = 1, evaluating = 2, announced = 3 };

struct Wave {
  std::int64_t id = 0;
  std::int64_t number = 0;  // as the public knows it: "gelombang 13"
  std::int64_t quota = 0;   // people
  WaveState state = WaveState::open;
  WallTime opened_at{};
  std::optional<WallTime> closes_at;  // nothing: when the operator says so
  std::optional<WallTime> closed_at;
  Duration result_delay{0};  // from closing to the announcement; evaluation begins half-way
};

// The state that the wave should be in at `now`, by the calendar alone.
WaveState due_state(const Wave& wave, WallTime now);

struct Participant {
  std::int64_t account = 0;
  std::string kk;  // family card number
};

using DrawSeed = std::array<unsigned char, 32>;
inline constexpr unsigned kMaxPerFamily = 2;

DrawSeed random_draw_seed();
// The selected accounts: a uniform random order that only the seed decides (not the order of
// `participants`), from which the first `quota` are taken, at most two of one family.
std::vector<std::int64_t> draw(const std::vector<Participant>& participants, std::int64_t quota, const DrawSeed& seed);

// What the dashboard of one person says.
struct ApplicantSteps {
  bool identity = false;
  bool id_card = false;
  bool aptitude_test = false;
  [[nodiscard]] bool all() const { return identity && id_card && aptitude_test; }
  // The first one that is missing: "identity", "id_card", "aptitude_test" or "join".
  [[nodiscard]] std::string_view next() const;
};

struct DashboardStatus {
  std::string_view code;  // WAITING_CLOSE, PROCESSING, ...
  std::string_view text;  // as the portal words it
};

// `latest`: the newest wave, if there was any; `joined_latest`: whether this person is in it;
// `selected`: won an announced wave.
DashboardStatus dashboard_status(const ApplicantSteps& steps, const std::optional<WaveState>& latest,
                                 bool joined_latest, bool selected);

std::string_view wave_state_name(WaveState state);  // "OPEN", "PROCESSING", ...
std::string_view wave_state_text(WaveState state);  // "Sedang diproses", ...

}  // namespace gelombang::sandbox
