#include "metrics/exposition/exposition.hpp"

#include "metrics/exit_reason.hpp"
#include "metrics/exposition/process_stats.hpp"
#include "tests/reports/example_run.hpp"
#include "tests/support/catch.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <locale>
#include <map>
#include <set>

using namespace gelombang;
using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

using Families = std::vector<prometheus::MetricFamily>;

LoadExposition exposition_of(const ExampleRun& run, std::size_t maximum = LoadExposition::kMaximumSeries) {
  std::vector<std::string> expressions;
  for (const ThresholdResult& t : run.aggregator->thresholds()) expressions.push_back(t.threshold.expression);
  return {{"id", "portal_mix.lua", "smoke", "0.1.0"}, run.layout, expressions, maximum};
}

const prometheus::MetricFamily& family(const Families& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&name](const auto& f) { return f.name == name; });
  if (found == all.end()) FAIL("no family " << name);
  return *found;
}

const prometheus::ClientMetric& metric(const Families& all, const std::string& name,
                                       const std::map<std::string, std::string>& labels) {
  for (const auto& m : family(all, name).metric) {
    std::map<std::string, std::string> have;
    for (const auto& label : m.label) have[label.name] = label.value;
    if (have == labels) return m;
  }
  FAIL("no such series of " << name);
  throw std::logic_error("unreachable");
}

// "name,label=value,..." of every series. A histogram counts as one series.
std::set<std::string> series(const Families& all) {
  std::set<std::string> out;
  for (const auto& f : all) {
    for (const auto& m : f.metric) {
      std::string text = f.name;
      for (const auto& label : m.label) text += "," + label.name + "=" + label.value;
      if (!out.insert(text).second) FAIL("twice: " << text);
    }
  }
  return out;
}

std::size_t lines(const Families& all) {
  std::size_t n = 0;
  for (const auto& f : all) {
    for (const auto& m : f.metric) n += m.histogram.bucket.empty() ? 1 : m.histogram.bucket.size() + 2;
  }
  return n;
}

}  // namespace

TEST_CASE("exposition: every series is there with 0 before anything was recorded", "[unit]") {
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  const Families before = exposition.Collect();
  exposition.publish(run.aggregator->totals(), {});
  const Families after = exposition.Collect();
  CHECK(series(before) == series(after));
  for (const auto& f : before) {
    if (f.name.rfind("gelombang_", 0) != 0 || f.type == prometheus::MetricType::Gauge) continue;
    for (const auto& m : f.metric) {
      CHECK(m.counter.value == 0);
      CHECK(m.histogram.sample_count == 0);
    }
  }
  CHECK(family(before, "gelombang_request_errors_total").metric.size() == 3 * (kErrorClassCount - 1));
  CHECK(family(before, "gelombang_threshold_state").metric.size() == 3 * 7);
}

TEST_CASE("exposition: its totals are those of the summary", "[unit]") {
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  exposition.publish(run.aggregator->totals(), {});
  const Families f = exposition.Collect();
  const Summary s = run.summary();
  double started = 0;
  double completed = 0;
  for (const Summary::Iterations& i : s.iterations) {
    started += metric(f, "gelombang_iterations_started_total", {{"journey", i.journey}}).counter.value;
    completed += metric(f, "gelombang_iterations_total", {{"journey", i.journey}, {"result", "success"}}).counter.value;
  }
  CHECK(started == static_cast<double>(s.arrivals.started));
  CHECK(completed == static_cast<double>(s.arrivals.completed));
  for (const Summary::Step& step : s.steps) {
    const auto count = [&](const std::string& result) {
      return metric(f, "gelombang_response_time_seconds",
                    {{"journey", step.journey}, {"step", step.name}, {"result", result}})
          .histogram.sample_count;
    };
    CAPTURE(step.name);
    CHECK(count("success") + count("failure") + count("abandoned") == step.count);
    CHECK(count("failure") + count("abandoned") == step.failures);
    const auto ended = [&](const std::string& result) {
      return metric(f, "gelombang_steps_total", {{"journey", step.journey}, {"step", step.name}, {"result", result}})
          .counter.value;
    };
    CHECK(ended("success") + ended("failure") + ended("abandoned") == static_cast<double>(step.count));
    CHECK(ended("failure") + ended("abandoned") == static_cast<double>(step.failures));
    CHECK(metric(f, "gelombang_sent_bytes_total", {{"journey", step.journey}, {"step", step.name}}).counter.value ==
          static_cast<double>(step.bytes_sent));
    for (std::size_t e = 1; e < kErrorClassCount; ++e) {
      const std::string error(name(static_cast<ErrorClass>(e)));
      CHECK(metric(f, "gelombang_step_errors_total", {{"journey", step.journey}, {"step", step.name}, {"error", error}})
                .counter.value == static_cast<double>(step.errors[e]));
      CHECK(metric(f, "gelombang_request_errors_total",
                   {{"journey", step.journey}, {"step", step.name}, {"error", error}})
                .counter.value == static_cast<double>(step.request_errors[e]));
    }
  }
  const auto upload = [&f](const std::string& name, std::map<std::string, std::string> further) {
    further.insert({{"journey", "upload"}, {"step", "send photo"}});
    return metric(f, name, further).counter.value;
  };
  CHECK(upload("gelombang_people_reached_total", {}) == 42);
  CHECK(upload("gelombang_people_passed_total", {}) == 20);
  CHECK(upload("gelombang_people_lost_total", {{"reason", "http_503"}}) == 9);
  CHECK(upload("gelombang_attempts_total", {{"kind", "first"}}) == 42);
  CHECK(upload("gelombang_attempts_total", {{"kind", "retry"}}) == 40);
  CHECK(upload("gelombang_double_submits_total", {}) == 20);
  CHECK(upload("gelombang_calm_requests_total", {}) == 42);
  CHECK(metric(f, "gelombang_people_total", {{"journey", "upload"}, {"state", "away"}}).counter.value == 1);
  CHECK(metric(f, "gelombang_retry_amplification", {{"journey", "upload"}}).gauge.value == Approx(102.0 / 42));
  CHECK(metric(f, "gelombang_person_time_seconds", {{"journey", "upload"}}).histogram.sample_count == 19);
  CHECK(metric(f, "gelombang_emails_total", {{"result", "lost"}}).counter.value == 1);
  CHECK(metric(f, "gelombang_email_delivery_seconds", {{"folder", "spam"}}).histogram.sample_count == 1);
  CHECK(metric(f, "gelombang_requests_total", {{"journey", "upload"}, {"step", "send photo"}, {"result", "abandoned"}})
            .counter.value == 1);
}

TEST_CASE("exposition: buckets are cumulative, end at infinity and hold every threshold", "[unit]") {
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  exposition.publish(run.aggregator->totals(), {});
  const Families f = exposition.Collect();
  const auto& h =
      metric(f, "gelombang_response_time_seconds", {{"journey", "login"}, {"step", "log in"}, {"result", "success"}})
          .histogram;
  std::uint64_t before = 0;
  bool has_threshold = false;
  for (const auto& bucket : h.bucket) {
    CHECK(bucket.cumulative_count >= before);
    before = bucket.cumulative_count;
    has_threshold = has_threshold || bucket.upper_bound == 0.8;
  }
  CHECK(has_threshold);
  CHECK(std::isinf(h.bucket.back().upper_bound));
  CHECK(before == h.sample_count);
  CHECK(h.sample_count == 200);
}

TEST_CASE("exposition: who is under way is counted by how long they have waited at least", "[unit]") {
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  UnderWay under_way(*run.layout);
  const OpenStep step{0, TimePoint(), TimePoint(), {}, {}};
  const OpenVisit visit{0, TimePoint(), TimePoint(), step};
  under_way.add(std::vector<OpenVisit>(3, visit), TimePoint(40s));
  under_way.add(std::vector<OpenVisit>{visit}, TimePoint(7ms));
  LiveFigures figures;
  figures.under_way = under_way;
  exposition.publish(run.aggregator->totals(), figures);
  const Families all = exposition.Collect();
  const auto waiting = [&](const std::string& le) {
    const Catalog::Step& first = run.layout->catalog.steps[0];
    return metric(all, "gelombang_steps_under_way",
                  {{"journey", run.layout->catalog.journeys[first.journey]}, {"step", first.name}, {"le", le}})
        .gauge.value;
  };
  CHECK(waiting("0.005") == 4);
  CHECK(waiting("0.01") == 3);
  CHECK(waiting("30") == 3);
  CHECK(waiting("60") == 0);
}

TEST_CASE("exposition: states are sets of 0 and 1, and the figures are shown as they are", "[unit]") {
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  LiveFigures figures;
  figures.target_rate = 12.5;
  figures.users = {3, 2, 1};
  figures.validity = ValidityState::degraded;
  figures.verdict = "fail";
  figures.thresholds = threshold_states(run.aggregator->thresholds(), true);
  const auto verdict = [&exposition](const std::string& name) {
    return metric(exposition.Collect(), "gelombang_run_verdict", {{"verdict", name}}).gauge.value;
  };
  CHECK(family(exposition.Collect(), "gelombang_run_verdict").metric.size() == kVerdictNames.size() + 1);
  CHECK(verdict("under_way") == 1);
  CHECK(verdict("pass") == 0);
  exposition.publish(run.aggregator->totals(), figures);
  CHECK(verdict("under_way") == 0);
  CHECK(verdict("pass") == 0);
  CHECK(verdict("fail") == 1);
  const Families f = exposition.Collect();
  CHECK(metric(f, "gelombang_run_validity", {{"state", "valid"}}).gauge.value == 0);
  CHECK(metric(f, "gelombang_run_validity", {{"state", "degraded"}}).gauge.value == 1);
  CHECK(
      metric(f, "gelombang_threshold_state", {{"threshold", "all: error_rate < 1%"}, {"state", "fail"}}).gauge.value ==
      1);
  CHECK(
      metric(f, "gelombang_threshold_state", {{"threshold", "all: error_rate < 1%"}, {"state", "pass"}}).gauge.value ==
      0);
  CHECK(metric(f, "gelombang_target_rate", {}).gauge.value == 12.5);
  CHECK(metric(f, "gelombang_virtual_users", {{"state", "pausing"}}).gauge.value == 2);
  CHECK(metric(f, "gelombang_run_info",
               {{"run_id", "id"}, {"scenario", "portal_mix.lua"}, {"load", "smoke"}, {"version", "0.1.0"}})
            .gauge.value == 1);
}

TEST_CASE("exposition: never more series than the limit, and what is left out is counted", "[unit]") {
  const ExampleRun run(false);
  const std::size_t all = lines(exposition_of(run).Collect());
  for (const std::size_t limit : {std::size_t{0}, std::size_t{100}, std::size_t{1000}, all - 1, all + 10}) {
    LoadExposition exposition = exposition_of(run, limit);
    const Families f = exposition.Collect();
    CAPTURE(limit, all);
    CHECK(lines(f) <= limit + 1);
    CHECK(static_cast<double>(all - lines(f)) == family(f, "gelombang_series_dropped_total").metric[0].counter.value);
    exposition.publish(run.aggregator->totals(), {});
    CHECK(series(exposition.Collect()) == series(f));
  }
}

TEST_CASE("exposition: the text has points whatever the locale", "[unit]") {
  struct CommaNumbers : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
  };
  const ExampleRun run(false);
  LoadExposition exposition = exposition_of(run);
  exposition.publish(run.aggregator->totals(), {});
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new CommaNumbers));
  const std::string text = prometheus::TextSerializer().Serialize(exposition.Collect());
  std::locale::global(before);
  CHECK(text.find("le=\"0.0025\"") != std::string::npos);
  CHECK(text.find("le=\"0,0025\"") == std::string::npos);
}

TEST_CASE("process: the figures are those of this process", "[unit]") {
  const ProcessStats stats = read_process_stats();
  CHECK(stats.cpu_seconds > 0);
  CHECK(stats.resident_bytes > 1'000'000);
  CHECK(stats.max_resident_bytes >= stats.resident_bytes / 2);
  CHECK(stats.threads >= 1);
  CHECK(stats.open_descriptors >= 3);
  CHECK(stats.descriptor_limit >= stats.open_descriptors);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(stats.start_seconds > now - 3600);
  CHECK(stats.start_seconds < now + 2);
}
