#include "uptime/slo_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gelombang::uptime {

double expected_upcrossings(double trials, std::uint64_t window, std::uint64_t failures, double p) {
  if (p <= 0 || failures == 0 || failures > window) return 0;
  if (p >= 1) return 0;  // it is there from the beginning, and never crosses
  const auto n = static_cast<double>(window - 1);
  const auto k = static_cast<double>(failures - 1);
  const double log_choose = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
  return trials * p * (1 - p) * std::exp(log_choose + k * std::log(p) + (n - k) * std::log1p(-p));
}

std::vector<BurnForecast> burn_forecasts(const Objective& objective, double base_rate) {
  const double budget = 1 - objective.share;
  const double per_second = objective.locations / to_seconds(objective.interval);
  const double in_month = to_seconds(kObjectiveWindow) * per_second;
  std::vector<BurnForecast> forecasts;
  for (const BurnRule& rule : kBurnRules) {
    const double share = rule.factor * budget;
    const double visits = to_seconds(rule.window) * per_second;
    const auto window = static_cast<std::uint64_t>(std::max(1.0, std::round(visits)));
    BurnForecast found{rule, share < 1, 0, share, Duration::max(), 0};
    // Above the share, not at it. A rounding error of the product must not add a failure.
    found.failures = static_cast<std::uint64_t>(std::floor(share * visits * (1 + 1e-12) + 1e-9)) + 1;
    found.failures = std::max(found.failures, kLeastFailures);
    found.can_fire = found.can_fire && found.failures <= window;
    if (found.can_fire) {
      // Visits fail from the first one on: the long window has so many failures after so many intervals. The short one
      // is filled from its young end.
      const double by_count = static_cast<double>(found.failures) / per_second;
      const double by_short = share * to_seconds(rule.short_window);
      found.time_to_detect = from_seconds(std::max(by_count, by_short));
      const bool always = visits * base_rate >= static_cast<double>(found.failures) - 0.5;
      found.false_alerts = always ? std::numeric_limits<double>::infinity()
                                  : expected_upcrossings(in_month, window, found.failures, base_rate);
    }
    forecasts.push_back(found);
  }
  return forecasts;
}

}  // namespace gelombang::uptime
