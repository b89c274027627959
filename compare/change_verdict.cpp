#include "compare/change_verdict.hpp"

#include <algorithm>
#include <cmath>

namespace gelombang {
namespace {

// `up` and `down` are the smallest changes worth naming, both positive.
ChangeVerdict verdict_of(const Change& change, double up, double down) {
  if (change.low > 0 && change.estimate >= up) return ChangeVerdict::worse;
  if (change.high < 0 && change.estimate <= -down) return ChangeVerdict::better;
  if (change.low > -down && change.high < up) return ChangeVerdict::alike;
  return ChangeVerdict::unclear;
}

}  // namespace

bool enough_samples(const Change& change, const DurationFigure& figure, std::uint64_t beyond) {
  const bool percentile = figure.kind == DurationFigure::Kind::percentile;
  const double rarer = percentile ? std::min(figure.quantile, 1 - figure.quantile) : 0.5;
  const std::uint64_t fewest = std::min(change.samples_before, change.samples_after);
  return static_cast<double>(fewest) * rarer >= static_cast<double>(beyond) - 1e-9;
}

bool enough_samples(const Change& change, std::uint64_t beyond) {
  return std::min(change.samples_before, change.samples_after) >= beyond;
}

ChangeVerdict judge_change(const Change& change, const DurationFigure& figure, const MinimumEffect& minimum) {
  if (!enough_samples(change, figure, minimum.beyond)) return ChangeVerdict::too_few;
  // Faster by the same factor that makes slower by e: 1 / (1 + e).
  const double of_seconds = minimum.seconds / change.before;
  const double up = std::max(minimum.relative, of_seconds);
  const double down = std::max(minimum.relative / (1 + minimum.relative), of_seconds);
  const ChangeVerdict verdict = verdict_of(change, up, down);
  if (!change.before_at_least && !change.after_at_least) return verdict;
  const bool holds = change.after_at_least && !change.before_at_least && verdict == ChangeVerdict::worse;
  return holds ? ChangeVerdict::worse : ChangeVerdict::unclear;
}

ChangeVerdict judge_change(const Change& change, const MinimumEffect& minimum) {
  if (!enough_samples(change, minimum.beyond)) return ChangeVerdict::too_few;
  return verdict_of(change, minimum.share, minimum.share);
}

}  // namespace gelombang
