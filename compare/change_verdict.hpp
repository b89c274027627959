// The word for a change between two runs, from its interval and the smallest change worth naming.
#pragma once

#include "compare/bootstrap.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace gelombang {

enum class ChangeVerdict : std::uint8_t { worse, better, alike, unclear, too_few };
inline constexpr std::array<std::string_view, 5> kChangeVerdictNames{"worse", "better", "alike", "unclear", "too few"};

// Samples beyond a percentile, on either side: fewer do not determine it.
inline constexpr std::uint64_t kFewestBeyond = 10;

struct MinimumEffect {
  double relative = 0.05;   // of a duration
  double seconds = 0.0005;  // of a duration: schedulers alone cause smaller changes
  double share = 0.001;     // of an error rate: 0.1 percentage points
  std::uint64_t beyond = kFewestBeyond;
};

bool enough_samples(const Change& change, const DurationFigure& figure, std::uint64_t beyond = kFewestBeyond);
// For a share.
bool enough_samples(const Change& change, std::uint64_t beyond = kFewestBeyond);

// worse, better: the whole interval is on one side of no change and the estimate is beyond the minimum effect. alike:
// the whole interval is within the minimum effect. unclear: neither. A figure that is only a lower bound can show that
// `after` is worse, and nothing else.
ChangeVerdict judge_change(const Change& change, const DurationFigure& figure, const MinimumEffect& minimum);
// For a share where more is worse.
ChangeVerdict judge_change(const Change& change, const MinimumEffect& minimum);

}  // namespace gelombang
