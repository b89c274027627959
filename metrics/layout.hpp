// What all counters of a run share: the steps, and the latencies at which to count exactly. Made once, when the
// scenario and its thresholds are known, and shared by every recorder, snapshot and exporter of the run.
#pragma once

#include "metrics/catalog.hpp"
#include "metrics/latency_boundaries.hpp"

#include <memory>
#include <string>

namespace gelombang {

struct MetricsLayout {
  Catalog catalog;
  std::shared_ptr<const LatencyBoundaries> boundaries;

  // "journey/step".
  [[nodiscard]] std::string full_name(StepId step) const {
    const Catalog::Step& s = catalog.steps[step];
    return catalog.journeys[s.journey] + "/" + s.name;
  }
};

// With the default boundaries.
inline std::shared_ptr<const MetricsLayout> make_layout(Catalog catalog) {
  return std::make_shared<const MetricsLayout>(
      MetricsLayout{std::move(catalog), std::make_shared<const LatencyBoundaries>()});
}
// `boundaries` from LatencyBoundaries::with(latency_limits(thresholds)).
inline std::shared_ptr<const MetricsLayout> make_layout(Catalog catalog, LatencyBoundaries boundaries) {
  return std::make_shared<const MetricsLayout>(
      MetricsLayout{std::move(catalog), std::make_shared<const LatencyBoundaries>(std::move(boundaries))});
}

}  // namespace gelombang
