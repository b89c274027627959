// The metrics of a load run for Prometheus. Recording a sample touches nothing here: the aggregator's totals are
// published once a second, and a scrape turns the last totals into text. Every series known from the catalog and the
// thresholds exists from the start with 0.
#pragma once

#include "metrics/annotation.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/thresholds/judge.hpp"
#include "metrics/thresholds/validity.hpp"
#include "metrics/under_way.hpp"
#include "metrics/user_state.hpp"

#include <prometheus/collectable.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct LiveFigures {
  double target_rate = 0;             // arrivals per second that the load asks for now; 0 in closed models
  UsersByState users{};               // by UserState
  std::optional<UnderWay> under_way;  // nothing: nobody
  double rate_factor = 1;             // factor on the planned rate, set while the run goes on
  bool paused = false;
  std::array<std::uint64_t, kAnnotationKinds.size()> annotations{};  // by kind
  ValidityState validity = ValidityState::valid;
  GeneratorHealth generator;
  std::vector<ThresholdState> thresholds;  // as many as there are thresholds, in their order
  // One of kVerdictNames; empty while the run is under way.
  std::string verdict;
};
// The current states of the thresholds. After Aggregator::finish(), pass `final` for the verdicts.
std::vector<ThresholdState> threshold_states(const std::vector<ThresholdResult>& results, bool final);

class LoadExposition final : public prometheus::Collectable {
 public:
  static constexpr std::size_t kMaximumSeries = 50'000;

  struct RunInfo {
    std::string run_id;
    std::string scenario;
    std::string load;
    std::string version;
  };

  LoadExposition(RunInfo run, const std::shared_ptr<const MetricsLayout>& layout,
                 std::vector<std::string> threshold_expressions, std::size_t maximum_series = kMaximumSeries);

  // From any thread. Sets what the next scrape shows.
  void publish(Snapshot totals, LiveFigures figures);
  // From any thread. If there would be more series than the maximum, whole labelled series are left out: the same ones
  // at every scrape, phases first. gelombang_series_dropped_total says how many.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct State {
    Snapshot totals;
    LiveFigures figures;
  };

  RunInfo run_;
  std::vector<std::string> thresholds_;
  std::size_t maximum_series_;
  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;
};

}  // namespace gelombang
