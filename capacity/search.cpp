#include "capacity/search.hpp"

#include <algorithm>
#include <utility>

namespace gelombang::capacity {
namespace {

// The probes of one rate while they are merged.
struct Level {
  CurveLevel level;
  std::size_t means = 0;
  std::size_t whole = 0;  // not cut short
  std::vector<Estimate> figures;
};

Level& level_of(std::vector<Level>& levels, double rate) {
  const auto at = std::lower_bound(levels.begin(), levels.end(), rate,
                                   [](const Level& l, double wanted) { return l.level.point.rate < wanted; });
  if (at != levels.end() && at->level.point.rate == rate) return *at;
  Level fresh;
  fresh.level.point.rate = rate;
  return *levels.insert(at, std::move(fresh));
}

void add(Level& level, const ProbeResult& probe) {
  (probe.verdict == ProbeVerdict::held ? level.level.held : level.level.broken) += 1;
  if (probe.served) {
    ++level.whole;
    level.level.point.served += *probe.served;
  }
  if (probe.mean) {
    ++level.means;
    level.level.point.mean_response += to_seconds(probe.mean->value);
    level.level.point.mean_at_least |= probe.mean->lower_bound;
  }
  if (probe.figure) level.figures.push_back(*probe.figure);
}

CurveLevel finished(Level level) {
  if (level.whole > 0) level.level.point.served /= static_cast<double>(level.whole);
  if (level.means > 0) level.level.point.mean_response /= static_cast<double>(level.means);
  if (!level.figures.empty()) {
    const auto middle = level.figures.begin() + static_cast<std::ptrdiff_t>((level.figures.size() - 1) / 2);
    std::nth_element(level.figures.begin(), middle, level.figures.end(),
                     [](const Estimate& a, const Estimate& b) { return a.value < b.value; });
    level.level.figure = *middle;
  }
  return level.level;
}

bool judged(const ProbeResult& probe) {
  return !probe.order.recovery && !probe.ends_search &&
         (probe.verdict == ProbeVerdict::held || probe.verdict == ProbeVerdict::broken ||
          probe.verdict == ProbeVerdict::collapsed);
}

}  // namespace

std::vector<CurveLevel> curve_of(const std::vector<ProbeResult>& probes) {
  std::vector<Level> levels;
  for (const ProbeResult& probe : probes) {
    if (judged(probe)) add(level_of(levels, probe.order.rate), probe);
  }
  std::vector<CurveLevel> curve;
  std::vector<CurvePoint> points;
  for (Level& level : levels) {
    curve.push_back(finished(std::move(level)));
    points.push_back(curve.back().point);
  }
  if (const auto knee = knee_of(points)) curve[*knee].knee = true;
  return curve;
}

SearchResult search(const SearchSettings& settings, const SearchHooks& hooks) {
  CapacitySearch state(settings.options);
  SearchResult result;
  while (const auto step = state.next()) {
    if (!result.probes.empty() && !hooks.pause(settings.cool_down)) {
      result.ended_by = ExitReason{ExitCause::stopped, "stopped by a signal"};
      break;
    }
    ProbeOrder order{result.probes.size() + 1, step->rate, step->recovery, settings.warm_up + settings.probe};
    if (step->recovery) order.length = settings.warm_up + settings.probe / 2;
    result.probes.push_back(hooks.play(order, state.answer()));
    const ProbeResult& probe = result.probes.back();
    if (probe.ends_search) {
      result.ended_by = probe.ends_search;
      break;
    }
    state.add(probe.verdict);
  }
  result.answer = state.answer();
  result.curve = curve_of(result.probes);
  return result;
}

}  // namespace gelombang::capacity
