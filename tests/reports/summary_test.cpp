#include "reports/summary.hpp"

#include "reports/threshold_text.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdlib>
#include <locale>
#include <sstream>
#include <string>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

namespace json = boost::json;

json::value parsed(const Summary& summary) { return json::parse(summary_json(summary)); }

// Compares with tests/reports/golden/NAME. tests/reports/approve rewrites that file.
void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GELOMBANG_SOURCE_DIR) + "/tests/reports/golden/" + name;
  if (std::getenv("GELOMBANG_APPROVE") != nullptr) write_file(path, text);
  CHECK(text == read_file(path));
}

std::string without_colors(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t escape = text.find("\x1b[");
    out += text.substr(0, escape);
    text.remove_prefix(escape == std::string_view::npos ? text.size() : text.find('m', escape) + 1);
  }
  return out;
}

// Numbers with a decimal comma and groups of three, as in Germany.
struct CommaNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

class OtherLocale {
 public:
  OtherLocale() : before_(std::locale::global(std::locale(std::locale::classic(), new CommaNumbers))) {}
  ~OtherLocale() { std::locale::global(before_); }
  OtherLocale(const OtherLocale&) = delete;
  OtherLocale& operator=(const OtherLocale&) = delete;

 private:
  std::locale before_;
};

}  // namespace

TEST_CASE("summary: the text of a run that went well", "[unit]") {
  check_golden("passed.txt", summary_text(ExampleRun(true).summary(), false));
}

TEST_CASE("summary: the text of a run with everything in it", "[unit]") {
  check_golden("everything.txt", summary_text(ExampleRun(false).summary(), false));
}

TEST_CASE("summary: at 80 columns no line is longer, and what is left out is said", "[unit]") {
  for (const std::size_t width : {80U, 100U}) {
    for (const bool good : {true, false}) {
      const std::string text = summary_text(ExampleRun(good).summary(), false, width);
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xc0') != '\x80'; }) <=
              static_cast<std::ptrdiff_t>(width));
      }
      CHECK(text.find("are left out; --json has all.") != std::string::npos);
      CHECK(text.find("p95") != std::string::npos);
    }
  }
}

TEST_CASE("summary: the text of a run with everything in it, in 80 columns", "[unit]") {
  check_golden("narrow.txt", summary_text(ExampleRun(false).summary(), false, 80));
}

TEST_CASE("summary: colours change nothing but the colour", "[unit]") {
  const Summary summary = ExampleRun(false).summary();
  const std::string plain = summary_text(summary, false);
  const std::string color = summary_text(summary, true);
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(color.find("\x1b[1;31mSCRIPT ERROR\x1b[0m") != std::string::npos);
  CHECK(color.find("\x1b[1;31mFAIL\x1b[0m") != std::string::npos);
  CHECK(without_colors(color) == plain);
}

TEST_CASE("summary: the JSON holds the counts of the recorders", "[unit]") {
  const json::value j = parsed(ExampleRun(false).summary());
  CHECK(j.at("schema") == "gelombang.summary/1");
  CHECK(j.at("verdict") == "script_error");
  CHECK(j.at("exit_code") == 107);
  CHECK(j.at("run").at("seed") == 18446744073709551615ULL);
  CHECK(j.at("run").at("started_at") == "2026-03-01T05:00:00.250Z");
  const json::value& a = j.at("arrivals");
  CHECK(a.at("started") == 243);
  CHECK(a.at("completed") == 220);
  CHECK(a.at("failed") == 21);
  CHECK(a.at("interrupted") == 2);
  CHECK(a.at("dropped").at("users_exhausted") == 20);
  CHECK(a.at("dropped").at("generator_memory") == 0);
  CHECK(a.at("achieved_rate").as_double() == Approx(12.15));
  CHECK(a.at("served_rate").as_double() == Approx(220.0 / 263));
  const json::value& photo = j.at("steps").at(2);
  CHECK(photo.at("name") == "send photo");
  CHECK(photo.at("count") == 81);
  CHECK(photo.at("failures") == 61);
  CHECK(photo.at("censored") == 2);
  CHECK(photo.at("errors").at("http_413") == 30);
  CHECK(photo.at("errors").at("abandoned") == 1);
  CHECK(photo.at("response_time_seconds").at("count") == 22);
  CHECK(photo.at("response_time_seconds").at("max").as_double() == Approx(30.001));
  CHECK(photo.at("response_time_seconds").at("lower_bounds") == json::value({"mean", "p95", "p99", "p999", "max"}));
  CHECK(j.at("steps").at(0).at("own_faults") == 1);
  CHECK(j.at("steps").at(0).at("failures") == 0);
  CHECK(j.at("email").at("sent") == 23);
  CHECK(j.at("email").at("spam") == 1);
  CHECK(j.at("conformance").at(0).at("count") == 2);
  CHECK(j.at("conformance_violated") == 1);
  CHECK(j.at("script_errors").at("count") == 1);
  CHECK(j.at("script_errors").at("first").at("step") == "send photo");
}

TEST_CASE("summary: the funnel counts people, attempts and what was sent beyond a calm crowd's requests", "[unit]") {
  const json::value j = parsed(ExampleRun(false).summary());
  const json::value& photo = j.at("funnel").at(2);
  CHECK(photo.at("journey") == "upload");
  CHECK(photo.at("step") == "send photo");
  CHECK(photo.at("reached") == 42);
  CHECK(photo.at("succeeded") == 20);
  CHECK(photo.at("lost") == 20);
  CHECK(photo.at("went_on") == 0);
  CHECK(photo.at("after") ==
        json::value({{"left", 1}, {"lost", 0}, {"away", 0}, {"interrupted", 0}, {"own_fault", 0}}));
  CHECK(photo.at("lost_reasons") == json::value({{"http_413", 10}, {"http_503", 9}, {"abandoned", 1}}));
  CHECK(photo.at("away") == 1);
  CHECK(photo.at("interrupted") == 1);
  CHECK(photo.at("attempts") == 82);
  CHECK(photo.at("retries") == 40);
  CHECK(photo.at("double_submits") == 20);
  CHECK(photo.at("attempts_per_success").as_double() == Approx(4.1));
  CHECK(photo.at("requests") == 102);
  CHECK(photo.at("calm_requests") == 42);
  CHECK(photo.at("retry_amplification").as_double() == Approx(102.0 / 42));
  const json::value& upload = j.at("people").at(1);
  CHECK(upload.at("arrived") == 42);
  CHECK(upload.at("ended") ==
        json::value({{"succeeded", 19}, {"left", 1}, {"lost", 20}, {"away", 1}, {"interrupted", 1}, {"own_fault", 0}}));
  // Successes and, as lower bounds, people who were lost, away or cut off. People who left of their own accord do not
  // count.
  CHECK(upload.at("person_time_seconds").at("count") == 41);
  CHECK(upload.at("retry_amplification").as_double() == Approx(102.0 / 42));
  CHECK(j.at("people").at(0).at("ended").at("own_fault") == 1);
}

TEST_CASE("summary: a run without mail or samples has nulls, not zeros", "[unit]") {
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  const Snapshot nothing(make_layout(catalog));
  const Summary summary = make_summary({}, nothing, {}, {});
  const json::value j = parsed(summary);
  CHECK(j.at("email").is_null());
  CHECK(j.at("people").at(0).at("retry_amplification").is_null());
  CHECK(j.at("funnel").at(0).at("attempts_per_success").is_null());
  CHECK(j.at("steps").at(0).at("response_time_seconds").at("p95").is_null());
  CHECK(j.at("steps").at(0).at("error_rate").is_null());
  CHECK(j.at("arrivals").at("served_rate").is_null());
  CHECK(j.at("verdict") == "no_data");
  CHECK(j.at("exit_code") == 113);
  CHECK(summary_text(summary, false).find("nan") == std::string::npos);
}

TEST_CASE("summary: every number in the JSON reads back as it was", "[unit]") {
  ExampleRun run(true);
  run.facts.expected = 0.1 + 0.2;
  run.facts.generator.cpu_seconds = 1e-7;
  run.facts.requested_rate = 1.0 / 3;
  const json::value j = parsed(run.summary());
  CHECK(j.at("arrivals").at("expected").as_double() == 0.1 + 0.2);
  CHECK(j.at("generator").at("cpu_seconds").as_double() == 1e-7);
  CHECK(j.at("arrivals").at("requested_rate").as_double() == 1.0 / 3);
}

TEST_CASE("summary: the same run gives the same bytes", "[unit]") {
  CHECK(summary_json(ExampleRun(false).summary()) == summary_json(ExampleRun(false).summary()));
}

TEST_CASE("summary: numbers have points whatever the locale", "[unit]") {
  const std::string text = summary_text(ExampleRun(false).summary(), false);
  const std::string as_json = summary_json(ExampleRun(false).summary());
  const OtherLocale locale;
  std::ostringstream probe;
  probe << 1234.5;
  REQUIRE(probe.str() == "1.234,5");  // the locale is in force
  CHECK(summary_text(ExampleRun(false).summary(), false) == text);
  CHECK(summary_json(ExampleRun(false).summary()) == as_json);
  CHECK(parse_threshold("all: error_rate < 1.5%").value().limit == Approx(0.015));
}

TEST_CASE("summary: percentiles rise up to the maximum in every distribution", "[unit]") {
  const json::value j = parsed(ExampleRun(false).summary());
  const auto check = [](const json::value& d) {
    double before = 0;
    for (const char* name : {"min", "p50", "p90", "p95", "p99", "p999", "max"}) {
      if (d.at(name).is_null()) continue;
      const auto value = d.at(name).to_number<double>();
      CHECK(value >= before);
      before = value;
    }
  };
  for (const json::value& step : j.at("steps").as_array()) {
    check(step.at("response_time_seconds"));
    check(step.at("service_time_seconds"));
    check(step.at("failure_time_seconds"));
    for (const auto& phase : step.at("phases").as_object()) check(phase.value());
  }
  check(j.at("schedule_lag_seconds"));
  check(j.at("email").at("delivery_seconds"));
}

TEST_CASE("summary: an invalid run never says passed, though its thresholds do", "[unit]") {
  ExampleRun run(true);
  const Summary summary = make_summary(run.facts, run.aggregator->totals(), run.aggregator->thresholds(),
                                       {ValidityState::invalid, {"arrivals dropped by the generator"}});
  CHECK(exit_code(summary.exit_reasons) == 111);
  const std::string text = summary_text(summary, false);
  CHECK(text.find("PASSED") == std::string::npos);
  CHECK(text.rfind("INVALID", 0) == 0);
  CHECK(parsed(summary).at("verdict") == "invalid");
}

TEST_CASE("summary: consent, guards and script errors decide the exit code from the counts alone", "[unit]") {
  const auto code_of = [](ErrorClass error) {
    Catalog catalog;
    catalog.journeys = {"j"};
    catalog.steps = {{0, "a"}};
    Recorder recorder(make_layout(std::move(catalog)));
    recorder.step(0, {1ms, 1ms, Outcome::failure, error});
    return exit_code(make_summary({}, recorder.take(), {}, {}).exit_reasons);
  };
  CHECK(code_of(ErrorClass::consent) == 112);
  CHECK(code_of(ErrorClass::generator_identity) == 107);
  CHECK(code_of(ErrorClass::http_500) == 0);
}

TEST_CASE("summary: a threshold stands there as data, in the unit of its value", "[unit]") {
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  const auto row = [&](const std::string& expression) {
    const auto thresholds = parse_thresholds(std::vector<std::string>{expression}, catalog).value();
    Aggregator aggregator(make_layout(catalog), thresholds, TimePoint());
    return parsed(make_summary({}, aggregator.totals(), aggregator.thresholds(), {})).at("thresholds").at(0);
  };
  const json::value latency = row("j/a: response_time p99.9 <= 1.5h30m over last 1m30s");
  CHECK(latency.at("selector") == "j/a");
  CHECK(latency.at("metric") == "response_time");
  CHECK(latency.at("phase").is_null());
  CHECK(latency.at("aggregate") == "percentile");
  CHECK(latency.at("quantile").as_double() == Approx(0.999));
  CHECK(latency.at("comparison") == "<=");
  CHECK(latency.at("limit").to_number<double>() == Approx(7200));
  CHECK(latency.at("window_seconds").to_number<double>() == Approx(90));
  CHECK(latency.at("after_seconds").is_null());
  CHECK(latency.at("min_samples").to_number<int>() == 0);
  CHECK_FALSE(latency.at("abort").as_bool());
  const json::value early = row("a: count > 3 after 1m30s min 20 abort");
  CHECK(early.at("after_seconds").to_number<double>() == Approx(90));
  CHECK(early.at("min_samples").to_number<int>() == 20);
  CHECK(early.at("abort").as_bool());
  CHECK(row("all: person_time p50 < 1m30s").at("metric") == "person_time");
  CHECK(row("all: phase tls max < 500ns").at("phase") == "tls");
  CHECK(row("all: phase tls max < 500ns").at("limit").to_number<double>() == Approx(5e-7));
  const json::value share = row("all: error_rate < 1%");
  CHECK(share.at("limit").to_number<double>() == Approx(0.01));
  CHECK(share.at("aggregate").is_null());
  CHECK(share.at("quantile").is_null());
  CHECK(share.at("window_seconds").is_null());
}

TEST_CASE("summary: where people did not get through, the first line says so, and it is no pass", "[unit]") {
  Catalog catalog;
  catalog.journeys = {"j"};
  catalog.steps = {{0, "a"}};
  const auto played = [&](const std::vector<std::string>& texts, Outcome outcome, std::vector<ExitReason> before = {}) {
    Aggregator aggregator(make_layout(catalog), parse_thresholds(texts, catalog).value(), TimePoint());
    Recorder recorder(make_layout(catalog));
    RequestSample request;
    request.outcome = outcome;
    request.error = outcome == Outcome::failure ? ErrorClass::tcp_refused : ErrorClass::none;
    recorder.iteration_started(0, 0s);
    recorder.attempt(0, true, false);
    recorder.request(0, request);
    recorder.step(0, {1s, 1s, request.outcome, request.error});
    recorder.iteration_finished(0, {1s, outcome});
    recorder.person(0, {outcome == Outcome::interrupted ? PersonFate::interrupted : PersonFate::lost, StepId{0},
                        request.error, 1s, true});
    aggregator.add(recorder.take());
    aggregator.tick(TimePoint(1s));
    aggregator.finish();
    RunFacts facts;
    facts.planned = 1;
    facts.exit_reasons = std::move(before);
    return make_summary(facts, aggregator.totals(), aggregator.thresholds(), {});
  };
  const auto first_line = [](const Summary& summary) {
    const std::string text = summary_text(summary, false);
    return text.substr(0, text.find('\n'));
  };
  for (const Outcome outcome : {Outcome::interrupted, Outcome::failure}) {
    const Summary nobody = played({}, outcome);
    CHECK(exit_code(nobody.exit_reasons) == 113);
    CHECK(parsed(nobody).at("verdict") == "no_data");
    CHECK(parsed(nobody).at("shortfall").at("text") == "none of 1 requests was answered");
    CHECK(first_line(nobody).rfind("NO DATA (none of 1 requests was answered)", 0) == 0);
  }
  const Summary failed = played({"all: served_rate > 90%"}, Outcome::interrupted);
  CHECK(exit_code(failed.exit_reasons) == 99);
  CHECK(first_line(failed).rfind("FAILED (none of 1 requests was answered)", 0) == 0);
  // If a run ended early because no request was answered, thresholds do not decide.
  const Summary early = played({"all: error_rate < 1%"}, Outcome::failure, {{ExitCause::no_data, "stopped early"}});
  CHECK(early.thresholds[0].fails());
  CHECK(exit_code(early.exit_reasons) == 113);
  CHECK(parsed(early).at("verdict") == "no_data");
  const Summary wanted = played({"all: error_rate > 90%"}, Outcome::failure);
  CHECK(exit_code(wanted.exit_reasons) == 0);
  CHECK(first_line(wanted).rfind("PASSED (none of 1 requests was answered)", 0) == 0);
  CHECK(parsed(ExampleRun(true).summary()).at("shortfall").is_null());
}

TEST_CASE("exit reasons: the gravest of all decides, in the documented order", "[unit]") {
  const std::vector<int> order{104, 112, 107, 105, 111, 99, 113};
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::vector<ExitReason> reasons;
    for (std::size_t k = order.size(); k-- > i;) reasons.push_back({static_cast<ExitCause>(order[k]), "because"});
    CHECK(exit_code(reasons) == order[i]);
  }
  CHECK(exit_code({}) == 0);
  CHECK(verdict({}) == "pass");
  CHECK(gravest({}) == nullptr);
  CHECK(verdict(std::vector<ExitReason>{{ExitCause::no_data, ""}, {ExitCause::failed, ""}}) == "fail");
  CHECK(verdict(std::vector<ExitReason>{{ExitCause::refused, ""}, {ExitCause::stopped, ""}}) == "refused");
}

TEST_CASE("threshold text: says the value, its bound and what is missing", "[unit]") {
  const auto text = [](const std::string& expression, const Judgement& j) {
    return judgement_text(parse_threshold(expression).value(), j);
  };
  CHECK(text("all: response_time p95 < 1s", {ThresholdState::pass, 0.0431, false, false, 9}) == "43.1 ms");
  CHECK(text("all: response_time p95 < 1s", {ThresholdState::fail, 12.0, true, false, 9}) == ">= 12.0 s");
  CHECK(text("all: response_time p95 < 1s", {ThresholdState::no_data, 0.5, true, false, 9}) ==
        ">= 500 ms, which is not enough for a verdict");
  CHECK(text("all: response_time p95 < 1s", {ThresholdState::pass, 0.995, false, true, 9}) ==
        "995 ms, within the 1.1 % that the histogram may err");
  CHECK(text("all: error_rate < 1%", {ThresholdState::fail, 0.0123, false, false, 9}) == "1.23 %");
  CHECK(text("all: rate > 1/s", {ThresholdState::pass, 48.2, false, false, 9}) == "48.2/s");
  CHECK(text("all: count > 1", {ThresholdState::pass, 1234, false, false, 9}) == "1234");
  CHECK(text("all: count > 1 min 100", {ThresholdState::no_data, {}, false, false, 9}) ==
        "no data (9 samples, 100 are needed)");
  CHECK(text("all: error_rate < 1%", {}) == "no data");
}
