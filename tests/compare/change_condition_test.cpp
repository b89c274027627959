#include "compare/change_condition.hpp"

#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace gelombang;

namespace {

ChangeCondition parsed(const std::string& text) {
  auto condition = parse_change_condition(text);
  INFO(text);
  if (!condition) FAIL(condition.error().message);
  return *condition;
}

std::string error_of(const std::string& text) {
  const auto condition = parse_change_condition(text);
  return condition ? "no error" : condition.error().message;
}

// A change from a p95 of 200 ms.
Change change(double low, double estimate, double high) {
  Change c;
  c.before = 0.2;
  c.after = 0.2 * (1 + estimate);
  c.low = low;
  c.estimate = estimate;
  c.high = high;
  c.samples_before = c.samples_after = 10'000;
  return c;
}

}  // namespace

TEST_CASE("change condition: figures and limits are read as thresholds write them", "[unit]") {
  const ChangeCondition c = parsed(" log in:  response_time p95 +10% ");
  CHECK(c.what.expression == "log in: response_time p95 +10%");
  CHECK(c.what.selector == "log in");
  CHECK(c.what.metric == ThresholdMetric::response_time);
  CHECK(c.figure.kind == DurationFigure::Kind::percentile);
  CHECK(c.figure.quantile == Approx(0.95));
  CHECK(c.limit == Approx(0.1));
  CHECK_FALSE(c.absolute);
  const ChangeCondition seconds = parsed("login/log in: phase wait mean +50ms");
  CHECK(seconds.what.phase == Phase::wait);
  CHECK(seconds.figure.kind == DurationFigure::Kind::mean);
  CHECK(seconds.absolute);
  CHECK(seconds.limit == Approx(0.05));
  CHECK(parsed("all: mail_delivery p90 +250%").limit == Approx(2.5));
  CHECK(parsed("all: error_rate +0.5%").limit == Approx(0.005));
  CHECK(parsed("all: served_rate -1%").limit == Approx(0.01));
}

TEST_CASE("change condition: what is wrong with one is said with what was expected", "[unit]") {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"", "there is no ':'"},
      {"log in response_time", "there is no ':'"},
      {": error_rate +1%", "the name before the ':' is missing"},
      {"all: speed p95 +1%", "'speed' is not understood: expected response_time"},
      {"all: response_time +10%", "'+10%' is not understood: expected a percentile"},
      {"all: response_time max +10%", "a single sample differs"},
      {"all: count +10%", "measure the load, not the target"},
      {"all: response_time p95", "it ends too early"},
      {"all: response_time p95 10%", "'10%' is not understood: expected a limit above 0 such as +10% or +50ms"},
      {"all: response_time p95 -10%", "'-10%' is not understood"},
      {"all: response_time p95 +0%", "'+0%' is not understood"},
      {"all: response_time p95 +10", "'+10' is not understood"},
      {"all: response_time p95 +", "'+' is not understood"},
      {"all: response_time p95 +nan%", "'+nan%' is not understood"},
      {"all: response_time p95 +10% abort", "'abort' is not understood: expected nothing after the limit"},
      {"all: error_rate +5ms", "percentage points above 0"},
      {"all: error_rate +101%", "at most +100%"},
      {"all: served_rate +1%", "percentage points below 0"},
      {"log in: mail_delivery p95 +1%", "mail_delivery is measured for the run as a whole"},
      {std::string(1001, 'x'), "more than 1000 characters"}};
  for (const auto& [text, part] : wrong) {
    INFO(text);
    CHECK_THAT(error_of(text), Catch::Contains(part) && Catch::StartsWith("--fail-if"));
  }
}

TEST_CASE("change condition: it fails where the change is sure and has reached the limit", "[unit]") {
  const ChangeCondition relative = parsed("all: response_time p95 +10%");
  CHECK(judge_condition(relative, change(0.05, 0.12, 0.2)) == ConditionState::fail);
  CHECK(judge_condition(relative, change(-0.01, 0.12, 0.2)) == ConditionState::unclear);
  CHECK(judge_condition(relative, change(0.05, 0.09, 0.2)) == ConditionState::unclear);
  CHECK(judge_condition(relative, change(0.05, 0.07, 0.09)) == ConditionState::pass);
  CHECK(judge_condition(relative, change(-0.5, -0.4, -0.3)) == ConditionState::pass);

  // 50 ms is 25 % of 200 ms.
  const ChangeCondition seconds = parsed("all: response_time p95 +50ms");
  CHECK(judge_condition(seconds, change(0.2, 0.26, 0.3)) == ConditionState::fail);
  CHECK(judge_condition(seconds, change(0.2, 0.22, 0.24)) == ConditionState::pass);

  const ChangeCondition errors = parsed("all: error_rate +0.5%");
  CHECK(judge_condition(errors, change(0.001, 0.006, 0.01)) == ConditionState::fail);
  CHECK(judge_condition(errors, change(0, 0, 0)) == ConditionState::pass);
}

TEST_CASE("change condition: too few samples are no data, and bounds from below prove a worsening only", "[unit]") {
  const ChangeCondition relative = parsed("all: response_time p95 +10%");
  Change few = change(0.05, 0.12, 0.2);
  few.samples_after = 199;
  CHECK(judge_condition(relative, few) == ConditionState::no_data);

  Change later = change(0.05, 0.12, 0.2);
  later.after_at_least = true;
  CHECK(judge_condition(relative, later) == ConditionState::fail);
  later = change(-0.1, 0, 0.05);
  later.after_at_least = true;
  CHECK(judge_condition(relative, later) == ConditionState::unclear);
  Change from = change(0.05, 0.12, 0.2);
  from.before_at_least = true;
  CHECK(judge_condition(relative, from) == ConditionState::unclear);
}
