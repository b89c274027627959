// A registration wave: open, then closed and being processed, evaluated, announced. The winners are drawn at random
// after closing. The time of joining has no influence.
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
  std::int64_t number = 0;  // the public number: "gelombang 13"
  std::int64_t quota = 0;   // people
  WaveState state = WaveState::open;
  WallTime opened_at{};
  std::optional<WallTime> closes_at;  // nothing: when the operator closes it
  std::optional<WallTime> closed_at;
  Duration result_delay{0};  // from closing to the announcement; evaluation begins half-way
};

// The state that the wave should have at `now`, by its times alone.
WaveState due_state(const Wave& wave, WallTime now);

struct Participant {
  std::int64_t account = 0;
  std::string kk;  // family card number
};

using DrawSeed = std::array<unsigned char, 32>;
inline constexpr unsigned kMaxPerFamily = 2;

DrawSeed random_draw_seed();
// The selected accounts: the first `quota` in a uniform random order, at most two of one family. Only the seed decides
// the order, not the order of `participants`.
std::vector<std::int64_t> draw(const std::vector<Participant>& participants, std::int64_t quota, const DrawSeed& seed);

// The steps of one person that the dashboard shows.
struct ApplicantSteps {
  bool identity = false;
  bool id_card = false;
  bool aptitude_test = false;
  [[nodiscard]] bool all() const { return identity && id_card && aptitude_test; }
  // The first missing step: "identity", "id_card", "aptitude_test" or "join".
  [[nodiscard]] std::string_view next() const;
};

struct DashboardStatus {
  std::string_view code;  // WAITING_CLOSE, PROCESSING, ...
  std::string_view text;  // in the portal's words
};

// `latest`: the newest wave, if there is one. `joined_latest`: whether this person joined it. `selected`: the person
// was selected in an announced wave.
DashboardStatus dashboard_status(const ApplicantSteps& steps, const std::optional<WaveState>& latest,
                                 bool joined_latest, bool selected);

std::string_view wave_state_name(WaveState state);  // "OPEN", "PROCESSING", ...
std::string_view wave_state_text(WaveState state);  // "Sedang diproses", ...

}  // namespace gelombang::sandbox
