#include "capacity/capacity_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gelombang {

CapacitySearch::CapacitySearch(const SearchOptions& options) : options_(options), rate_(options.min_rate) {
  level_at(rate_);
}

CapacitySearch::Settled CapacitySearch::settled(const Level& level) const noexcept {
  const std::size_t majority = options_.repeat / 2 + 1;
  if (level.collapsed || level.broken >= majority) return Settled::broken;
  return level.held >= majority ? Settled::held : Settled::no;
}

// The rule for climbing: one probe that held is enough to go higher.
bool CapacitySearch::held_so_far(const Level& level) const noexcept {
  const Settled state = settled(level);
  return state == Settled::held || (state == Settled::no && level.held > 0 && level.broken == 0);
}

CapacitySearch::Level& CapacitySearch::level_at(double rate) {
  const auto at = std::lower_bound(levels_.begin(), levels_.end(), rate,
                                   [](const Level& level, double wanted) { return level.rate < wanted; });
  if (at != levels_.end() && at->rate == rate) return *at;
  return *levels_.insert(at, Level{rate, 0, 0, false, 0});
}

const CapacitySearch::Level* CapacitySearch::lowest_broken() const noexcept {
  for (const Level& level : levels_) {
    if (settled(level) == Settled::broken) return &level;
  }
  return nullptr;
}

const CapacitySearch::Level* CapacitySearch::highest_held_below(double rate) const noexcept {
  const Level* best = nullptr;
  for (const Level& level : levels_) {
    if (level.rate < rate && held_so_far(level)) best = &level;
  }
  return best;
}

std::optional<SearchStep> CapacitySearch::next() const {
  if (end_) return std::nullopt;
  return recovering_ ? SearchStep{options_.min_rate, true} : SearchStep{rate_, false};
}

void CapacitySearch::go_to(double rate) {
  rate_ = rate;
  level_at(rate);
}

void CapacitySearch::add(ProbeVerdict verdict) {
  if (end_) return;
  ++probes_;
  if (recovering_) {
    // If the lowest rate cannot be judged, that is at least no breakdown.
    recovering_ = verdict == ProbeVerdict::broken || verdict == ProbeVerdict::collapsed;
    if (recovering_ && ++recovery_probes_ >= options_.recovery_tries) end_ = SearchEnd::not_recovered;
    return;
  }
  Level& level = level_at(rate_);
  if (verdict == ProbeVerdict::no_data) {
    end_ = SearchEnd::no_data;
    return;
  }
  if (verdict == ProbeVerdict::invalid) {
    if (++level.invalid >= options_.invalid_tries) end_ = SearchEnd::generator_limit;
    return;
  }
  level.invalid = 0;
  if (verdict == ProbeVerdict::held) {
    ++level.held;
  } else {
    ++level.broken;
    level.collapsed |= verdict == ProbeVerdict::collapsed;
  }
  // After a break at the lowest rate, another probe at the lowest rate cannot help.
  if (verdict == ProbeVerdict::collapsed && rate_ > options_.min_rate) {
    recovering_ = true;
    recovery_probes_ = 0;
  }
  go_on();
  if (!end_ && probes_ >= options_.most_probes) end_ = SearchEnd::unsettled;
}

void CapacitySearch::go_on() {
  const Level& level = level_at(rate_);
  if (settled(level) == Settled::no && !held_so_far(level)) return;  // once more
  const Level* broken = lowest_broken();
  if (broken == nullptr) {
    if (rate_ < options_.max_rate) return go_to(std::min(rate_ * 2, options_.max_rate));
    if (settled(level) == Settled::held) end_ = SearchEnd::never_fails;
    return;
  }
  const Level* held = highest_held_below(broken->rate);
  if (held == nullptr) {
    // Levels in between that were never settled do not count.
    if (broken->rate == options_.min_rate) {
      end_ = SearchEnd::fails_at_lowest;
    } else {
      go_to(options_.min_rate);
    }
    return;
  }
  if (broken->rate / held->rate > 1 + options_.precision) return go_to(std::sqrt(broken->rate * held->rate));
  if (settled(*held) != Settled::held) return go_to(held->rate);  // confirm it
  end_ = SearchEnd::found;
}

SearchAnswer CapacitySearch::answer() const {
  SearchAnswer answer;
  answer.end = end_.value_or(SearchEnd::unsettled);
  answer.stopped_at = rate_;
  const Level* broken = lowest_broken();
  if (broken != nullptr) answer.broken = broken->rate;
  const Level* held = highest_held_below(broken != nullptr ? broken->rate : HUGE_VAL);
  if (held != nullptr) answer.held = held->rate;
  if (held == nullptr || broken == nullptr) return answer;
  std::vector<RateTrial> trials;
  for (const Level& level : levels_) {
    // A breakdown counts as much as the majority that it replaces.
    const std::size_t breaks = level.collapsed ? std::max(level.broken, options_.repeat / 2 + 1) : level.broken;
    trials.push_back({level.rate, level.held, breaks});
  }
  answer.interval = limit_interval(trials, 0.95);
  if (answer.interval) {
    answer.interval->low = std::min(answer.interval->low, held->rate);
    answer.interval->high = std::max(answer.interval->high, held->rate);
  }
  return answer;
}

std::optional<SearchAnswer::Interval> limit_interval(const std::vector<RateTrial>& trials, double credibility) {
  constexpr std::size_t kMiddles = 2000;
  // Widths of the transition, relative: from a sharp edge to a rate that matters little.
  constexpr std::array kWidths{0.005, 0.01, 0.02, 0.04, 0.08, 0.16};
  constexpr double kLie = 0.02;
  double lowest = HUGE_VAL;
  double highest = 0;
  for (const RateTrial& trial : trials) {
    if (trial.held + trial.broken == 0) continue;
    lowest = std::min(lowest, trial.rate);
    highest = std::max(highest, trial.rate);
  }
  if (highest == 0) return std::nullopt;
  const double begin = std::log(lowest / 2);
  const double step = (std::log(highest * 2) - begin) / static_cast<double>(kMiddles - 1);
  std::vector<double> weights(kMiddles, 0.0);
  double all = 0;
  for (std::size_t i = 0; i < kMiddles; ++i) {
    const double middle = begin + step * static_cast<double>(i);
    for (const double width : kWidths) {
      double logarithm = 0;
      for (const RateTrial& trial : trials) {
        const double holds = kLie + (1 - 2 * kLie) / (1 + std::exp((std::log(trial.rate) - middle) / width));
        logarithm +=
            static_cast<double>(trial.held) * std::log(holds) + static_cast<double>(trial.broken) * std::log1p(-holds);
      }
      weights[i] += std::exp(logarithm);
    }
    all += weights[i];
  }
  SearchAnswer::Interval interval;
  double seen = 0;
  const double tail = (1 - credibility) / 2;
  bool low_found = false;
  for (std::size_t i = 0; i < kMiddles; ++i) {
    seen += weights[i];
    const double rate = std::exp(begin + step * static_cast<double>(i));
    if (!low_found && seen >= tail * all) {
      interval.low = rate;
      low_found = true;
    }
    interval.high = rate;
    if (seen >= (1 - tail) * all) break;
  }
  return interval;
}

std::optional<std::size_t> knee_of(const std::vector<CurvePoint>& curve) {
  std::optional<std::size_t> best;
  double most = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].mean_response <= 0) continue;
    const double power = curve[i].served / curve[i].mean_response;
    if (power <= most) continue;
    most = power;
    best = i;
  }
  // At an end of the curve only one side is known.
  if (best && (*best == 0 || *best + 1 == curve.size())) return std::nullopt;
  return best;
}

}  // namespace gelombang
