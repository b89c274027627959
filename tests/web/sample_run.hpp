// A made-up run with something of everything in it, as long as wanted: for the tests of the page, and to look at.
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
  std::size_t steps_of_a_journey = 4;  // of three journeys
  // What a target, a script or a person may have written, where text is shown.
  std::string hostile;
};

SampleRun make_sample(const SampleOptions& options);

}  // namespace gelombang::test
