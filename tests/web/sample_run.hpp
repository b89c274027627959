// An invented run of any length that has every kind of figure: for the tests of the page, and to look at.
#pragma once

#include "base/clock.hpp"
#include "metrics/annotation.hpp"
#include "metrics/thresholds/interval.hpp"
#include "reports/first_failures.hpp"
#include "reports/run_series.hpp"
#include "reports/summary.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gelombang::test {

struct SampleRun {
  std::vector<Annotation> annotations;
  FirstFailureList first_failures;
  std::string summary_json;
  std::string series_json;
};

struct SampleOptions {
  Duration length = std::chrono::minutes(10);
  std::size_t steps_of_a_journey = 4;  // each of the three journeys has so many steps
  // Text as a hostile target, script or person may write it, used wherever the page shows text.
  std::string hostile;
};

SampleRun make_sample(const SampleOptions& options);

}  // namespace gelombang::test
