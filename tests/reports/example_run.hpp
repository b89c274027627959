// A small run that has every kind of figure, for the tests of reports.
#pragma once

#include "metrics/recorder.hpp"
#include "metrics/thresholds/aggregator.hpp"
#include "reports/summary.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gelombang::test {

struct ExampleRun {
  // `quiet`: everything succeeded. Otherwise there are failures, drops, mails, conformance rows and so on.
  explicit ExampleRun(bool quiet);

  [[nodiscard]] Summary summary() const;

  std::shared_ptr<const MetricsLayout> layout;
  std::unique_ptr<Aggregator> aggregator;
  RunFacts facts;
};

}  // namespace gelombang::test
