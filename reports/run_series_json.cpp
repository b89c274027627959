#include "base/json_writer.hpp"
#include "metrics/bucket_index.hpp"
#include "reports/run_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

namespace gelombang {
namespace {

// The rows of a heat map: four per octave.
constexpr std::size_t kBucketsPerRow = kBucketsPerOctave / 4;
constexpr std::size_t kRows = kBucketCount / kBucketsPerRow;

// Writes one JSON object or array.
class Writer {
 public:
  explicit Writer(char open) { out_ += open; }

  void key(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void comma() {
    if (out_.size() > 1) out_ += ',';
  }
  void raw(std::string_view text) { out_ += text; }
  void member(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  void element(std::string_view json) {
    comma();
    out_ += json;
  }
  void number(double value) {
    comma();
    fmt::format_to(std::back_inserter(out_), "{:.4g}", value);
  }
  void whole(std::uint64_t value) {
    comma();
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  std::string close(char end) && {
    out_ += end;
    return std::move(out_);
  }

 private:
  std::string out_;
};

using Points = std::vector<RunSeries::Point>;

template <class Function>
std::string numbers(const Points& points, std::size_t first, Function value) {
  Writer out('[');
  for (std::size_t i = first; i < points.size(); ++i) out.number(value(points[i]));
  return std::move(out).close(']');
}

template <class List, class Function>
std::string wholes(const List& list, Function value) {
  Writer out('[');
  for (const auto& element : list) out.whole(value(element));
  return std::move(out).close(']');
}

double per_second(const RunSeries::Point& point, double count) {
  const double seconds = to_seconds(point.end - point.begin);
  return seconds > 0 ? count / seconds : 0;
}

std::string times_json(const Points& points, std::size_t first) {
  Writer out('{');
  const auto exact = [&](auto value) {
    Writer list('[');
    for (std::size_t i = first; i < points.size(); ++i)
      list.element(fmt::format("{:.3f}", to_seconds(value(points[i]))));
    return std::move(list).close(']');
  };
  out.member("begin_seconds", exact([](const auto& p) { return p.begin; }));
  out.member("end_seconds", exact([](const auto& p) { return p.end; }));
  return std::move(out).close('}');
}

std::string rates_json(const Points& points, std::size_t first) {
  const auto rate = [&](auto count) {
    return numbers(points, first, [&](const auto& p) { return per_second(p, static_cast<double>(count(p))); });
  };
  Writer out('{');
  out.member("asked", rate([](const auto& p) { return p.asked; }));
  out.member("started", rate([](const auto& p) { return p.started; }));
  out.member("completed", rate([](const auto& p) { return p.completed; }));
  out.member("failed", rate([](const auto& p) { return p.failed; }));
  out.member("dropped", rate([](const auto& p) { return p.dropped; }));
  return std::move(out).close('}');
}

std::string users_json(const Points& points, std::size_t first) {
  Writer out('{');
  for (std::size_t s = 0; s < kUserStateNames.size(); ++s) {
    out.member(kUserStateNames[s],
               numbers(points, first, [s](const auto& p) { return static_cast<double>(p.users[s]); }));
  }
  return std::move(out).close('}');
}

std::string lag_json(const Points& points, std::size_t first) {
  const auto list = [&](auto figure) {
    Writer out('[');
    for (std::size_t i = first; i < points.size(); ++i) {
      const Histogram& lag = points[i].schedule_lag;
      if (lag.empty()) {
        out.element("null");
      } else {
        out.number(to_seconds(figure(lag)));
      }
    }
    return std::move(out).close(']');
  };
  Writer out('{');
  out.member("p50", list([](const Histogram& h) { return h.percentile(0.5).value_or(Duration{}); }));
  out.member("p99", list([](const Histogram& h) { return h.percentile(0.99).value_or(Duration{}); }));
  out.member("max", list([](const Histogram& h) { return h.max(); }));
  return std::move(out).close('}');
}

// The points of one step, or of all steps together.
using Column = std::vector<const RunSeries::Step*>;

struct Line {
  std::string_view name;
  std::function<std::optional<Estimate>(const CensoredHistogram&)> figure;
};

// Lower bounds are listed by their index among these points.
std::string clock_json(const Column& column, CensoredHistogram (RunSeries::Step::*clock)() const) {
  static const std::array<Line, 4> kLines{{{"p50", [](const auto& h) { return percentile(h, 0.5); }},
                                           {"p95", [](const auto& h) { return percentile(h, 0.95); }},
                                           {"p99", [](const auto& h) { return percentile(h, 0.99); }},
                                           {"max", [](const auto& h) { return maximum(h); }}}};
  Writer out('{');
  Writer bounds('{');
  std::vector<CensoredHistogram> times;
  times.reserve(column.size());
  for (const RunSeries::Step* step : column) times.push_back((step->*clock)());
  for (const Line& line : kLines) {
    Writer values('[');
    Writer lower('[');
    bool any = false;
    for (std::size_t i = 0; i < column.size(); ++i) {
      const auto estimate = line.figure(times[i]);
      if (!estimate) {
        values.element("null");
        continue;
      }
      values.number(to_seconds(estimate->value));
      if (estimate->lower_bound) {
        lower.whole(i);
        any = true;
      }
    }
    out.member(line.name, std::move(values).close(']'));
    if (any) bounds.member(line.name, std::move(lower).close(']'));
  }
  out.member("lower_bounds", std::move(bounds).close('}'));
  return std::move(out).close('}');
}

// Means over all successful requests, so that the phases of a request add up to its service time.
std::string phases_json(const Column& column) {
  Writer out('{');
  for (std::size_t p = 0; p < kPhaseCount; ++p) {
    Writer list('[');
    for (const RunSeries::Step* step : column) {
      if (step->requests == 0) {
        list.element("null");
      } else {
        list.number(static_cast<double>(step->phase_nanoseconds[p]) * 1e-9 / static_cast<double>(step->requests));
      }
    }
    out.member(kPhaseNames[p], std::move(list).close(']'));
  }
  return std::move(out).close('}');
}

// For each point, the first used row and the counts from there on; empty if nothing succeeded.
std::string heat_json(const Column& column) {
  Writer out('[');
  for (const RunSeries::Step* step : column) {
    std::array<std::uint64_t, kRows> rows{};
    const Histogram& seen = step->response_time.observed;
    for (std::size_t i = 0; i < seen.buckets().size(); ++i) {
      rows[(seen.first_bucket() + i) / kBucketsPerRow] += seen.buckets()[i];
    }
    Writer cells('[');
    const auto used = [](std::uint64_t n) { return n > 0; };
    const auto begin = std::find_if(rows.begin(), rows.end(), used);
    if (begin != rows.end()) {
      const auto end = std::find_if(rows.rbegin(), rows.rend(), used).base();
      cells.whole(static_cast<std::uint64_t>(begin - rows.begin()));
      for (auto row = begin; row != end; ++row) cells.whole(*row);
    }
    out.element(std::move(cells).close(']'));
  }
  return std::move(out).close(']');
}

// Leaves out what never happened.
template <class Function>
void add_counts(Writer& out, std::string_view name, const Column& column, Function count) {
  const bool any = std::any_of(column.begin(), column.end(), [&](const auto* step) { return count(*step) > 0; });
  if (any) out.member(name, wholes(column, [&](const auto* step) { return count(*step); }));
}

std::string step_json(std::string_view journey, std::string_view name, const Column& column) {
  Writer out('{');
  out.member("journey", json_string(journey));
  out.member("name", json_string(name));
  Writer counts('{');
  for (std::size_t r = 0; r < kCountedResultNames.size(); ++r) {
    add_counts(counts, kCountedResultNames[r], column, [r](const auto& s) { return s.counts.by_result[r]; });
  }
  out.member("counts", std::move(counts).close('}'));
  Writer errors('{');
  for (std::size_t e = 0; e < kErrorClassCount; ++e) {
    add_counts(errors, gelombang::name(static_cast<ErrorClass>(e)), column,
               [e](const auto& s) { return s.counts.by_error[e]; });
  }
  out.member("errors", std::move(errors).close('}'));
  add_counts(out, "under_way", column, [](const auto& s) { return s.under_way.response_time.count(); });
  out.member("response_time_seconds", clock_json(column, &RunSeries::Step::response));
  out.member("service_time_seconds", clock_json(column, &RunSeries::Step::service));
  out.member("phase_mean_seconds", phases_json(column));
  out.member("heat", heat_json(column));
  return std::move(out).close('}');
}

std::string all_steps_json(const RunSeries& series, std::size_t first) {
  std::vector<RunSeries::Step> together;
  together.reserve(series.points().size() - first);
  for (std::size_t i = first; i < series.points().size(); ++i) {
    RunSeries::Step& sum = together.emplace_back(series.layout()->boundaries);
    for (const RunSeries::Step& step : series.points()[i].steps) {
      sum.merge(step);
      sum.under_way.response_time.merge(step.under_way.response_time);
      sum.under_way.service_time.merge(step.under_way.service_time);
    }
  }
  Column column;
  for (const RunSeries::Step& step : together) column.push_back(&step);
  return step_json("", "", column);
}

}  // namespace

std::string series_json(const RunSeries& series, std::size_t first) {
  const Points& points = series.points();
  first = std::min(first, points.size());
  Writer out('{');
  out.member("generation", fmt::format("{}", series.generation()));
  out.member("first", fmt::format("{}", first));
  out.member("points", times_json(points, first));
  out.member("rate", rates_json(points, first));
  out.member("users", users_json(points, first));
  out.member("schedule_lag_seconds", lag_json(points, first));
  out.member("all", all_steps_json(series, first));
  const Catalog& catalog = series.layout()->catalog;
  Writer steps('[');
  for (std::size_t s = 0; s < catalog.steps.size(); ++s) {
    Column column;
    for (std::size_t i = first; i < points.size(); ++i) column.push_back(&points[i].steps[s]);
    const Catalog::Step& step = catalog.steps[s];
    steps.element(step_json(catalog.journeys[step.journey], step.name, column));
  }
  out.member("steps", std::move(steps).close(']'));
  return std::move(out).close('}');
}

}  // namespace gelombang
