#include "metrics/thresholds/threshold.hpp"

#include "tests/support/catch.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

Catalog portal() {
  Catalog c;
  c.journeys = {"login", "upload"};
  c.steps = {{0, "open page"}, {0, "log in"}, {1, "open page"}, {1, "send: photo"}};
  return c;
}

Threshold parsed(const std::string& text) {
  auto t = parse_threshold(text);
  INFO(text);
  if (!t) FAIL(t.error().message);
  return *t;
}

std::string error_of(const std::string& text) {
  const auto t = parse_threshold(text);
  return t ? "no error" : t.error().message;
}

}  // namespace

TEST_CASE("threshold: every metric is read with its aggregate and unit", "[unit]") {
  const Threshold t = parsed("log in: response_time p95 < 800ms");
  CHECK(t.selector == "log in");
  CHECK(t.metric == ThresholdMetric::response_time);
  CHECK(t.aggregate == Aggregate::percentile);
  CHECK(t.quantile == Approx(0.95));
  CHECK(t.comparison == Comparison::less);
  CHECK(t.limit == 800e6);
  CHECK(parsed("all: service_time mean <= 1.5s").limit == 1.5e9);
  CHECK(parsed("all: service_time max <= 1.5s").aggregate == Aggregate::max);
  CHECK(parsed("all: service_time min > 1us").aggregate == Aggregate::min);
  CHECK(parsed("login/log in: phase tls p99 < 50ms").phase == Phase::tls);
  CHECK(parsed("all: mail_delivery p90 < 1m").metric == ThresholdMetric::mail_delivery);
  CHECK(parsed("all: error_rate < 1%").limit == Approx(0.01));
  CHECK(parsed("all: error_rate == 0%").limit == 0);
  CHECK(parsed("all: served_rate > 99.5%").limit == Approx(0.995));
  CHECK(parsed("all: count >= 1000").limit == 1000);
  CHECK(parsed("all: rate != 50/s").limit == 50);
  CHECK(parsed("all: rate >= 30/m").limit == 0.5);
}

TEST_CASE("threshold: percentiles are read as people write them", "[unit]") {
  const std::vector<std::pair<std::string, double>> known{
      {"p50", .5},      {"p75", .75}, {"p90", .9},    {"p95", .95},    {"p99", .99},  {"p999", .999},
      {"p9999", .9999}, {"p5", .05},  {"p975", .975}, {"p99.9", .999}, {"p2.5", .025}};
  for (const auto& [word, quantile] : known) {
    CHECK(parsed("all: response_time " + word + " < 1s").quantile == Approx(quantile).epsilon(1e-12));
  }
  for (const char* word : {"p0", "p100", "p123", "p", "p-5", "p9x", "P95", "p99.", "p.5", "p101.5", "p99999999999"}) {
    CHECK(error_of(std::string("all: response_time ") + word + " < 1s") ==
          std::string("threshold 'all: response_time ") + word + " < 1s': '" + word +
              "' is not understood: expected a percentile such as p50, p95, p99 or p999, or mean, min or max");
  }
}

TEST_CASE("threshold: every comparison is read, with and without blanks", "[unit]") {
  const std::vector<std::pair<std::string, Comparison>> known{
      {"<", Comparison::less},           {"<=", Comparison::less_equal}, {">", Comparison::greater},
      {">=", Comparison::greater_equal}, {"==", Comparison::equal},      {"!=", Comparison::not_equal}};
  for (const auto& [word, comparison] : known) {
    CHECK(parsed("all: error_rate " + word + " 1%").comparison == comparison);
    CHECK(parsed("all:error_rate" + word + "1%").comparison == comparison);
  }
  for (const char* word : {"=", "===", "=<", "!", "<>", "below"}) {
    CHECK(error_of(std::string("all: error_rate ") + word + " 1%")
              .find(std::string("'") + word + "' is not understood: expected <, <=, >, >=, == or !=") !=
          std::string::npos);
  }
}

TEST_CASE("threshold: modifiers come in any order, each once", "[unit]") {
  const Threshold t = parsed("log in: served_rate > 99% over last 60s after 30s min 100 abort allow no data");
  CHECK(t.window == 60s);
  CHECK(t.after == 30s);
  CHECK(t.min_samples == 100);
  CHECK(t.abort);
  CHECK(t.allow_no_data);
  const Threshold u = parsed("log in: served_rate > 99% allow no data abort min 5 after 0 over last 1h");
  CHECK(u.window == 1h);
  CHECK(u.after == 0s);
  const Threshold plain = parsed("log in: served_rate > 99%");
  CHECK_FALSE(plain.window.has_value());
  CHECK_FALSE(plain.abort);
  CHECK_FALSE(plain.allow_no_data);
  CHECK(plain.min_samples == 0);
}

TEST_CASE("threshold: the expression is kept as written, blanks squeezed", "[unit]") {
  CHECK(parsed("  log  in :  error_rate\t< 1%\n").expression == "log in : error_rate < 1%");
  CHECK(parsed("  log  in :  error_rate\t< 1%\n").selector == "log in");
}

TEST_CASE("threshold: every mistake is named in one line that says what was expected", "[unit]") {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"", "threshold '': there is no ':': expected 'STEP: METRIC < LIMIT' or 'all: METRIC < LIMIT'"},
      {"log in response_time p95 < 1s", "there is no ':'"},
      {": error_rate < 1%", "the name before the ':' is missing: expected the name of a step, or 'all'"},
      {"all:",
       "it ends too early: expected response_time, service_time, phase, mail_delivery, person_time, error_rate, "
       "served_rate, count or rate"},
      {"all: latency p95 < 1s", "'latency' is not understood: expected response_time, service_time,"},
      {"all: response_time", "it ends too early: expected a percentile"},
      {"all: response_time < 1s", "'<' is not understood: expected a percentile"},
      {"all: response_time avg < 1s", "'avg' is not understood: expected a percentile"},
      {"all: response_time p95", "it ends too early: expected <, <=, >, >=, == or !="},
      {"all: response_time p95 <", "it ends too early: expected a duration above 0 such as 800ms or 2s"},
      {"all: response_time p95 < 800", "'800' is not understood: expected a duration above 0"},
      {"all: response_time p95 < 0", "'0' is not understood: expected a duration above 0"},
      {"all: response_time p95 < -1s", "'-1s' is not understood: expected a duration above 0"},
      {"all: response_time p95 < 1%", "'1%' is not understood: expected a duration above 0"},
      {"all: phase p95 < 1s", "'p95' is not understood: expected a phase: dns, connect, tls, send, wait or receive"},
      {"all: phase", "it ends too early: expected a phase"},
      {"log in: mail_delivery p95 < 1s", "mail_delivery is measured for the run as a whole: expected 'all: mail_"},
      {"all: error_rate p95 < 1%", "'p95' is not understood: expected <,"},
      {"all: error_rate < 1", "'1' is not understood: expected a percentage from 0% to 100%"},
      {"all: error_rate < 101%", "'101%' is not understood: expected a percentage from 0% to 100%"},
      {"all: error_rate < -1%", "'-1%' is not understood: expected a percentage"},
      {"all: error_rate < nan%", "'nan%' is not understood: expected a percentage"},
      {"all: error_rate < %", "'%' is not understood: expected a percentage"},
      {"all: count > 1.5", "'1.5' is not understood: expected a whole number such as 1000"},
      {"all: count > -1", "'-1' is not understood: expected a whole number"},
      {"all: count > 99999999999999999999", "is not understood: expected a whole number"},
      {"all: rate > 50", "'50' is not understood: expected a rate such as 50/s"},
      {"all: error_rate < 1% over 60s", "'60s' is not understood: expected 'over last D'"},
      {"all: error_rate < 1% over last", "it ends too early: expected a duration from 1s to 1h"},
      {"all: error_rate < 1% over last 500ms", "'500ms' is not understood: expected a duration from 1s to 1h"},
      {"all: error_rate < 1% over last 2h", "'2h' is not understood: expected a duration from 1s to 1h"},
      {"all: error_rate < 1% after", "it ends too early: expected a duration such as 30s"},
      {"all: error_rate < 1% after soon", "'soon' is not understood: expected a duration such as 30s"},
      {"all: error_rate < 1% min", "it ends too early: expected a whole number of samples above 0"},
      {"all: error_rate < 1% min 0", "'0' is not understood: expected a whole number of samples above 0"},
      {"all: error_rate < 1% min many", "'many' is not understood: expected a whole number of samples above 0"},
      {"all: error_rate < 1% allow", "it ends too early: expected 'allow no data'"},
      {"all: error_rate < 1% allow data", "'data' is not understood: expected 'allow no data'"},
      {"all: error_rate < 1% abort abort", "'abort' is given twice: expected once"},
      {"all: error_rate < 1% after 1s after 2s", "'after' is given twice: expected once"},
      {"all: error_rate < 1% please",
       "'please' is not understood: expected 'over last D', 'after D', 'min N', "
       "'abort' or 'allow no data'"},
      {"all: error_rate < 1% or count > 5", "'or' is not understood: expected 'over last D'"},
  };
  for (const auto& [text, expected] : mistakes) {
    const std::string message = error_of(text);
    CAPTURE(text, message);
    CHECK(message.find(expected) != std::string::npos);
    CHECK(message.rfind("threshold '", 0) == 0);
    CHECK(message.find('\n') == std::string::npos);
  }
  CHECK(error_of(std::string(2000, 'x')) == "a threshold of more than 1000 characters is refused");
}

TEST_CASE("threshold: selectors find exactly one step", "[unit]") {
  const Catalog catalog = portal();
  const auto step_of = [&catalog](const std::string& selector) {
    Threshold t = parsed(selector + ": error_rate < 1%");
    const auto r = resolve(t, catalog);
    if (!r) FAIL(r.error().message);
    return t.step;
  };
  CHECK(step_of("log in") == StepId{1});
  CHECK(step_of("login/log in") == StepId{1});
  CHECK(step_of("upload/open page") == StepId{2});
  CHECK(step_of("send: photo") == StepId{3});
  CHECK_FALSE(step_of("all").has_value());

  Threshold t = parsed("open page: error_rate < 1%");
  CHECK(resolve(t, catalog).error().message ==
        "threshold 'open page: error_rate < 1%': 'open page' is the name of 2 steps: expected one of "
        "'login/open page', 'upload/open page'");
  CHECK_FALSE(t.step.has_value());
  t = parsed("sign in: error_rate < 1%");
  CHECK(resolve(t, catalog).error().message ==
        "threshold 'sign in: error_rate < 1%': no step is called 'sign in': expected 'all' or one of "
        "'login/open page', 'login/log in', 'upload/open page', 'upload/send: photo'");
}

TEST_CASE("threshold: a person's time is that of a journey or of all", "[unit]") {
  const Catalog catalog = portal();
  Threshold t = parsed("upload: person_time p95 < 5m");
  REQUIRE(resolve(t, catalog));
  CHECK(t.journey == JourneyId{1});
  CHECK_FALSE(t.step.has_value());
  t = parsed("all: person_time mean < 5m");
  REQUIRE(resolve(t, catalog));
  CHECK_FALSE(t.journey.has_value());
  t = parsed("log in: person_time p95 < 5m");
  CHECK(resolve(t, catalog).error().message ==
        "threshold 'log in: person_time p95 < 5m': no journey is called 'log in': expected 'all' or one of 'login', "
        "'upload'");
  CHECK(latency_limits(std::vector<Threshold>{t}) == std::vector<Duration>{5min});
}

TEST_CASE("threshold: a list is read as one, what stands there twice once", "[unit]") {
  const std::vector<std::string> texts{"all: error_rate < 1%",        "log in: response_time p95 < 800ms",
                                       "all:  error_rate < 1%",       "log in: phase wait p50 < 20ms",
                                       "all: mail_delivery p95 < 1m", "log in: response_time min > 5ms"};
  const auto list = parse_thresholds(texts, portal()).value();
  CHECK(list.size() == 5);
  CHECK(list[1].step == StepId{1});
  CHECK(latency_limits(list) == std::vector<Duration>{800ms, 20ms, 1min, 5ms});
  CHECK(tightest_latency(list) == 800ms);
  CHECK(parse_thresholds(std::vector<std::string>{"all: error_rate < 1%", "x: count > 1"}, portal()).has_error());
  CHECK(parse_thresholds(std::vector<std::string>{"all: count"}, portal()).has_error());
  CHECK_FALSE(tightest_latency(std::vector<Threshold>{}).has_value());
}
