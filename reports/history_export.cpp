#include "reports/history_export.hpp"

#include "base/clock.hpp"
#include "metrics/censored_histogram.hpp"
#include "metrics/exposition/exposition.hpp"

#include <fmt/format.h>
#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string seconds_or_nothing(const std::optional<Estimate>& estimate) {
  return estimate ? fmt::format("{}", to_seconds(estimate->value)) : std::string();
}

// The columns of one clock. Names of percentiles that are only lower bounds are added to `bounds`.
void add_percentiles(std::string& line, std::string& bounds, const CensoredHistogram& times, std::string_view clock) {
  for (const auto& [quantile, name] : {std::pair{0.5, "p50"}, std::pair{0.95, "p95"}, std::pair{0.99, "p99"}}) {
    const auto estimate = percentile(times, quantile);
    line += "," + seconds_or_nothing(estimate);
    if (estimate && estimate->lower_bound) bounds += fmt::format("{}{}_{}", bounds.empty() ? "" : " ", clock, name);
  }
}

// The metric families that can be computed from the history.
bool is_kept(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kOthers{"gelombang_generator_", "process_", "gelombang_series_",
                                                           "gelombang_threshold_"};
  return std::none_of(kOthers.begin(), kOthers.end(),
                      [name](std::string_view other) { return name.substr(0, other.size()) == other; });
}

std::string label_value(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// The samples of one series. A histogram has one number for each of its lines.
struct Series {
  std::string labels;          // without braces, not empty
  std::vector<double> bounds;  // of a histogram's buckets
  std::vector<double> values;  // of all samples, one after the other
  std::size_t numbers_a_look = 0;
};

struct Family {
  std::string name;
  std::string help;
  MetricType type = MetricType::Untyped;
  std::vector<Series> series;
};

class SeriesStore {
 public:
  explicit SeriesStore(const std::string& run_id)
      : common_(fmt::format(R"(job="gelombang",instance="{}")", label_value(run_id))) {}

  // Every call must have the same families and series in the same order.
  void add(double at, const std::vector<MetricFamily>& families) {
    times_.push_back(at);
    std::size_t next = 0;
    for (const MetricFamily& family : families) {
      if (!is_kept(family.name)) continue;
      if (next == families_.size()) families_.push_back({family.name, family.help, family.type, {}});
      Family& to = families_[next++];
      to.series.resize(family.metric.size());
      for (std::size_t i = 0; i < family.metric.size(); ++i) add(to.series[i], family.type, family.metric[i]);
    }
  }

  void write(const TextSink& sink) const {
    for (const Family& family : families_) {
      const bool counter = family.type == MetricType::Counter;
      std::string name = family.name;
      if (counter && name.size() > 6 && name.compare(name.size() - 6, 6, "_total") == 0) name.resize(name.size() - 6);
      const char* const type = counter ? "counter" : family.type == MetricType::Histogram ? "histogram" : "gauge";
      sink(fmt::format("# TYPE {} {}\n# HELP {} {}\n", name, type, name, label_value(family.help)));
      for (const Series& series : family.series) {
        const bool zero = std::all_of(series.values.begin(), series.values.end(), [](double v) { return v == 0; });
        if (!zero) write(name, family.type, series, sink);
      }
    }
    sink("# EOF\n");
  }

 private:
  void add(Series& to, MetricType type, const ClientMetric& metric) const {
    if (to.labels.empty()) {
      to.labels = common_;
      for (const auto& label : metric.label)
        to.labels += fmt::format(",{}=\"{}\"", label.name, label_value(label.value));
    }
    if (type != MetricType::Histogram) {
      to.numbers_a_look = 1;
      to.values.push_back(type == MetricType::Counter ? metric.counter.value : metric.gauge.value);
      return;
    }
    to.numbers_a_look = metric.histogram.bucket.size() + 2;
    if (to.bounds.empty()) {
      for (const auto& bucket : metric.histogram.bucket) to.bounds.push_back(bucket.upper_bound);
    }
    for (const auto& bucket : metric.histogram.bucket)
      to.values.push_back(static_cast<double>(bucket.cumulative_count));
    to.values.push_back(static_cast<double>(metric.histogram.sample_count));
    to.values.push_back(metric.histogram.sample_sum);
  }

  void write(const std::string& name, MetricType type, const Series& series, const TextSink& sink) const {
    for (std::size_t look = 0; look < times_.size(); ++look) {
      const double* const values = series.values.data() + look * series.numbers_a_look;
      const std::string at = fmt::format("{:.3f}", times_[look]);
      if (type != MetricType::Histogram) {
        sink(fmt::format("{}{}{{{}}} {} {}\n", name, type == MetricType::Counter ? "_total" : "", series.labels,
                         values[0], at));
        continue;
      }
      const std::size_t buckets = series.bounds.size();
      const double count = values[buckets];
      for (std::size_t b = 0; b < buckets; ++b) {
        const std::string bound = std::isinf(series.bounds[b]) ? "+Inf" : fmt::format("{}", series.bounds[b]);
        sink(fmt::format("{}_bucket{{{},le=\"{}\"}} {} {}\n", name, series.labels, bound, values[b], at));
      }
      if (buckets == 0 || !std::isinf(series.bounds.back())) {
        sink(fmt::format("{}_bucket{{{},le=\"+Inf\"}} {} {}\n", name, series.labels, count, at));
      }
      sink(fmt::format("{}_count{{{}}} {} {}\n", name, series.labels, count, at));
      sink(fmt::format("{}_sum{{{}}} {} {}\n", name, series.labels, values[buckets + 1], at));
    }
  }

  std::string common_;
  std::vector<double> times_;  // unix seconds
  std::vector<Family> families_;
};

}  // namespace

Result<void> export_csv(HistoryReader& reader, const RunRecord& run, const TextSink& sink) {
  sink(
      "run,unix_time,begin_seconds,end_seconds,rate_asked,journey,step,count,failures,censored,requests,"
      "response_p50_seconds,response_p95_seconds,response_p99_seconds,"
      "service_p50_seconds,service_p95_seconds,service_p99_seconds,under_way,lower_bounds\n");
  const double started = unix_seconds(run.started_at);
  return reader.intervals(run, [&](const Interval& interval) {
    const Catalog& catalog = run.layout->catalog;
    for (std::size_t i = 0; i < interval.delta.steps.size(); ++i) {
      const StepSnapshot& step = interval.delta.steps[i];
      const UnderWay::Step* const waiting = interval.under_way != nullptr ? &interval.under_way->steps[i] : nullptr;
      const std::uint64_t under = waiting != nullptr ? waiting->response_time.count() : 0;
      if (step.steps.total() + step.requests.total() + under == 0) continue;
      std::string line = fmt::format(
          "{},{:.3f},{},{},{},{},{},{},{},{},{}", csv_text(run.id), started + to_seconds(interval.end),
          to_seconds(interval.begin), to_seconds(interval.end), interval.rate_asked,
          csv_text(catalog.journeys[catalog.steps[i].journey]), csv_text(catalog.steps[i].name), step.steps.finished(),
          step.steps.failed(), step.response_time.censored.count(), step.requests.total());
      CensoredHistogram response = step.response_time;
      CensoredHistogram service = step.service_time;
      if (waiting != nullptr) {
        response.censored.merge(waiting->response_time);
        service.censored.merge(waiting->service_time);
      }
      std::string bounds;
      add_percentiles(line, bounds, response, "response");
      add_percentiles(line, bounds, service, "service");
      sink(fmt::format("{},{},{}\n", line, under, bounds));
    }
  });
}

Result<void> export_openmetrics(HistoryReader& reader, const RunRecord& run, Duration every, const TextSink& sink) {
  const double started = unix_seconds(run.started_at);
  LoadExposition exposition({run.id, run.scenario, run.load, run.version}, run.layout, {});
  SeriesStore store(run.id);
  Snapshot totals(run.layout);
  LiveFigures live;
  Duration next = every;
  Duration end{};
  bool due = false;
  const auto look = [&] {
    exposition.publish(totals, live);
    store.add(started + to_seconds(end), exposition.Collect());
  };
  const auto read = reader.intervals(run, [&](const Interval& interval) {
    if (due) look();
    totals.merge(interval.delta);
    live.target_rate = interval.rate_asked;
    live.users = interval.users;
    live.validity = interval.validity;
    live.under_way.reset();
    if (interval.under_way != nullptr) live.under_way = *interval.under_way;
    end = interval.end;
    due = end >= next;
    while (next <= end) next += every;
  });
  if (!read) return read.error();
  live.verdict = run.verdict;
  look();
  store.write(sink);
  return {};
}

}  // namespace gelombang
