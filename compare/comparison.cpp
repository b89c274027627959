#include "compare/comparison.hpp"

#include "base/json_writer.hpp"
#include "base/units.hpp"
#include "compare/likeness.hpp"
#include "reports/summary_view.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

struct Asked {
  ThresholdMetric metric;
  std::vector<std::pair<std::string, DurationFigure>> figures;  // none: a rate
};

DurationFigure percentile(double quantile) { return {DurationFigure::Kind::percentile, quantile}; }

// Response time first. Service time tells whether the cause was the target or the queue before it.
std::vector<Asked> asked_of_steps() {
  return {{ThresholdMetric::response_time,
           {{"p50", percentile(0.5)}, {"p95", percentile(0.95)}, {"p99", percentile(0.99)}}},
          {ThresholdMetric::service_time, {{"p95", percentile(0.95)}}},
          {ThresholdMetric::error_rate, {}}};
}
std::vector<Asked> asked_of_journeys() {
  return {{ThresholdMetric::person_time, {{"p50", percentile(0.5)}, {"p95", percentile(0.95)}}}};
}
std::vector<Asked> asked_of_run() {
  return {{ThresholdMetric::served_rate, {}},
          {ThresholdMetric::mail_delivery, {{"p50", percentile(0.5)}, {"p95", percentile(0.95)}}}};
}

// Everything to read from both runs. A selection of one run has the same index in the list of the other.
struct Plan {
  struct Group {
    std::string name;
    std::optional<StepId> before;  // of a step
    std::optional<StepId> after;
    std::vector<std::pair<Asked, std::size_t>> asked;  // with its index in the selections
  };
  std::vector<Group> groups;
  std::vector<Threshold> before;
  std::vector<Threshold> after;
  struct Condition {
    std::size_t figure;                   // its place in the selections
    std::optional<std::size_t> failures;  // of the same people, who have no duration
  };
  std::vector<Condition> conditions;

  std::size_t add(const Threshold& of_before, const Threshold& of_after) {
    before.push_back(of_before);
    after.push_back(of_after);
    return before.size() - 1;
  }
};

void add_group(Plan& plan, Plan::Group group, const std::vector<Asked>& all, std::optional<JourneyId> journey_a = {},
               std::optional<JourneyId> journey_b = {}) {
  for (const Asked& asked : all) {
    Threshold selection;
    selection.metric = asked.metric;
    selection.step = group.before;
    selection.journey = journey_a;
    group.asked.emplace_back(asked, plan.before.size());
    plan.before.push_back(selection);
    selection.step = group.after;
    selection.journey = journey_b;
    plan.after.push_back(selection);
  }
  plan.groups.push_back(std::move(group));
}

// The steps and journeys that both runs have.
Plan make_plan(const MetricsLayout& a, const MetricsLayout& b) {
  Plan plan;
  for (std::size_t i = 0; i < a.catalog.steps.size(); ++i) {
    for (std::size_t k = 0; k < b.catalog.steps.size(); ++k) {
      const std::string name = a.full_name(static_cast<StepId>(i));
      if (name != b.full_name(static_cast<StepId>(k))) continue;
      add_group(plan, {name, static_cast<StepId>(i), static_cast<StepId>(k), {}}, asked_of_steps());
    }
  }
  for (std::size_t i = 0; i < a.catalog.journeys.size(); ++i) {
    for (std::size_t k = 0; k < b.catalog.journeys.size(); ++k) {
      if (a.catalog.journeys[i] != b.catalog.journeys[k]) continue;
      add_group(plan, {a.catalog.journeys[i], {}, {}, {}}, asked_of_journeys(), static_cast<JourneyId>(i),
                static_cast<JourneyId>(k));
    }
  }
  add_group(plan, {}, asked_of_run());
  return plan;
}

std::uint64_t samples_of(const MeasuredSeries& series, const Asked& asked) {
  if (asked.figures.empty()) return series.bad.total().whole;
  std::uint64_t count = 0;
  for (const auto& cell : series.durations.total()) count += cell.count;
  return count;
}

// The number of figures whose word may be chance. Figures with too few samples say so in any case.
std::size_t looks_of(const Plan& plan, const MeasuredRun& a, const MeasuredRun& b) {
  std::size_t looks = 0;
  for (const Plan::Group& group : plan.groups) {
    for (const auto& [asked, at] : group.asked) {
      Change samples;
      samples.samples_before = samples_of(a.series[at], asked);
      samples.samples_after = samples_of(b.series[at], asked);
      if (asked.figures.empty()) looks += static_cast<std::size_t>(enough_samples(samples));
      for (const auto& named : asked.figures) looks += static_cast<std::size_t>(enough_samples(samples, named.second));
    }
  }
  return looks;
}

void compare_asked(ComparedGroup& out, const Asked& asked, const MeasuredSeries& a, const MeasuredSeries& b,
                   const Resampling& resampling, const MinimumEffect& minimum) {
  // Neither run has the figure, such as mail in runs without mails.
  if (samples_of(a, asked) + samples_of(b, asked) == 0) return;
  if (asked.figures.empty()) {
    ComparedFigure figure{asked.metric, {}, change_of(a.bad, b.bad, resampling)};
    if (figure.change) figure.verdict = judge_change(*figure.change, minimum);
    out.figures.push_back(std::move(figure));
    return;
  }
  std::vector<DurationFigure> figures;
  for (const auto& named : asked.figures) figures.push_back(named.second);
  const auto changes = changes_of(a.durations, b.durations, figures, resampling);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    ComparedFigure figure{asked.metric, asked.figures[i].first, changes[i]};
    if (figure.change) figure.verdict = judge_change(*figure.change, figures[i], minimum);
    out.figures.push_back(std::move(figure));
  }
}

double mean_seconds(const Histogram& histogram, std::uint64_t of) {
  return of == 0 ? 0 : histogram.sum_seconds() / static_cast<double>(of);
}

std::optional<TimeShift> shift_of(const StepSnapshot& a, const StepSnapshot& b) {
  const std::uint64_t before = a.response_time.observed.count();
  const std::uint64_t after = b.response_time.observed.count();
  if (before == 0 || after == 0) return std::nullopt;
  const auto between = [&](const Histogram& x, const Histogram& y) {
    return mean_seconds(y, after) - mean_seconds(x, before);
  };
  TimeShift shift;
  shift.response = between(a.response_time.observed, b.response_time.observed);
  shift.queued = shift.response - between(a.service_time.observed, b.service_time.observed);
  for (std::size_t p = 0; p < kPhaseCount; ++p) shift.phases[p] = between(a.phases[p], b.phases[p]);
  return shift;
}

bool time_moved(const ComparedGroup& group) {
  return std::any_of(group.figures.begin(), group.figures.end(), [](const ComparedFigure& figure) {
    const bool moved = figure.verdict == ChangeVerdict::worse || figure.verdict == ChangeVerdict::better;
    return moved && !figure.is_rate();
  });
}

std::vector<ComparedErrors> errors_of(const Snapshot& a, const Snapshot& b) {
  const auto count = [](const Snapshot& totals, ErrorClass error) {
    std::uint64_t sum = 0;
    for (const StepSnapshot& step : totals.steps) sum += step.steps[error];
    return sum;
  };
  std::vector<ComparedErrors> all;
  for (std::size_t e = 0; e < kErrorClassCount; ++e) {
    const auto error = static_cast<ErrorClass>(e);
    const ComparedErrors counts{error, count(a, error), count(b, error)};
    if (error != ErrorClass::none && counts.before + counts.after > 0) all.push_back(counts);
  }
  return all;
}

// Whether the figure of a duration held before and does not any more because more people failed: whoever failed has no
// duration, and where more of them did than a percentile leaves out, it would be "never".
bool hidden_by_failures(const DurationFigure& figure, const Change& duration, const Change& failures,
                        const MinimumEffect& minimum) {
  if (judge_change(failures, minimum) != ChangeVerdict::worse) return false;
  constexpr double kOfMean = 0.05;
  const double left_out = figure.kind == DurationFigure::Kind::percentile ? 1 - figure.quantile : kOfMean;
  const bool never = failures.after > left_out && failures.before <= left_out;
  return never || (duration.after_at_least && !duration.before_at_least);
}

CompareRefusal refusal(std::string text) { return {ExitCause::configuration, std::move(text)}; }

std::string first_reason(const RunRecord& run) {
  const auto summary = parse_summary(run.summary);
  if (!summary) return {};
  const auto& validity = object_in(*summary, "validity");
  const auto* reasons = validity.if_contains("reasons");
  if (reasons == nullptr || !reasons->is_array() || reasons->get_array().empty()) return {};
  const auto& first = reasons->get_array().front();
  return first.is_string() ? fmt::format(" ({})", printable(first.get_string().c_str())) : std::string();
}

class Comparer {
 public:
  Comparer(HistoryReader& history, const CompareSettings& settings) : history_(history), settings_(settings) {}

  CompareOutcome run(const std::string& before, const std::string& after) {
    if (auto done = find(before, out_.before); !done) return done.error();
    if (auto done = find(after, out_.after); !done) return done.error();
    if (out_.before.id == out_.after.id) {
      return refusal(
          fmt::format("{} and {} are the same run: choose two different runs", printable(before), printable(after)));
    }
    if (auto done = admit(); !done) return done.error();
    plan_ = make_plan(*out_.before.layout, *out_.after.layout);
    if (auto done = add_conditions(); !done) return done.error();
    return measure();
  }

 private:
  using Step = boost::system::result<void, CompareRefusal>;

  Step find(const std::string& wanted, RunRecord& out) {
    const auto id = history_.find(wanted);
    if (!id) return refusal(id.error().message);
    auto found = history_.run(*id);
    if (!found) return refusal(found.error().message);
    out = std::move(*found);
    if (out.recorded > Duration::zero()) return {};
    return CompareRefusal{ExitCause::no_data,
                          fmt::format("run {} is empty: nothing was recorded of it", printable(out.id))};
  }

  // Checks whether the runs may be compared.
  Step admit() {
    const RunRecord& a = out_.before;
    const RunRecord& b = out_.after;
    for (const RunRecord* run : {&a, &b}) {
      if (auto done = admit_validity(*run, run->validity == name_of(ValidityState::invalid)); !done) return done;
    }
    Likeness likeness = likeness_of(a, b);
    same_schedule_ = likeness.same_schedule;
    out_.notes = std::move(likeness.notes);
    if (!likeness.unlike.empty() && !settings_.anyway) {
      return refusal(fmt::format("{} and {} are unlike: {} (--anyway compares them anyway)", printable(a.id),
                                 printable(b.id), fmt::join(likeness.unlike, "; ")));
    }
    for (std::string& text : likeness.unlike) out_.unlike.push_back(std::move(text));
    for (const RunRecord* run : {&a, &b}) {
      if (played_out(*run)) continue;
      out_.stretch = std::min(a.recorded, b.recorded);
      out_.notes.push_back(fmt::format("run {} {}", printable(run->id), cut_short_text(*run)));
    }
    if (out_.stretch) {
      out_.notes.push_back(fmt::format("only the first {} of both runs are compared, because one run is shorter",
                                       format_duration(*out_.stretch)));
    }
    return {};
  }

  static std::string_view name_of(ValidityState state) { return kValidityStateNames[static_cast<std::size_t>(state)]; }

  Step admit_validity(const RunRecord& run, bool invalid) {
    if (!invalid) return {};
    std::string text = fmt::format("run {} is invalid{}: its figures say nothing about the target", printable(run.id),
                                   first_reason(run));
    if (!settings_.anyway) return CompareRefusal{ExitCause::invalid_run, std::move(text)};
    out_.unlike.push_back(std::move(text));
    return {};
  }

  Step add_conditions() {
    for (const ChangeCondition& condition : settings_.conditions) {
      Threshold a = condition.what;
      Threshold b = condition.what;
      if (auto done = resolve(a, out_.before.layout->catalog, kFailIf); !done) return refusal(done.error().message);
      if (auto done = resolve(b, out_.after.layout->catalog, kFailIf); !done) return refusal(done.error().message);
      Plan::Condition& planned = plan_.conditions.emplace_back(Plan::Condition{plan_.add(a, b), {}});
      const ThresholdMetric metric = condition.what.metric;
      if (metric != ThresholdMetric::response_time && metric != ThresholdMetric::service_time) continue;
      a.metric = b.metric = ThresholdMetric::error_rate;
      planned.failures = plan_.add(a, b);
    }
    return {};
  }

  CompareOutcome measure() {
    const auto a = measure_run(history_, out_.before, plan_.before, out_.stretch);
    if (!a) return refusal(a.error().message);
    const auto b = measure_run(history_, out_.after, plan_.after, out_.stretch);
    if (!b) return refusal(b.error().message);
    // A run without an end has no validity of its own yet.
    for (const auto& [run, measured] : {std::pair(&out_.before, &*a), std::pair(&out_.after, &*b)}) {
      const bool invalid = run->validity.empty() && measured->validity == ValidityState::invalid;
      if (auto done = admit_validity(*run, invalid); !done) return done.error();
    }
    out_.through_before = got_through(out_.before, *a);
    out_.through_after = got_through(out_.after, *b);
    for (const auto& [run, through] :
         {std::pair(&out_.before, &out_.through_before), std::pair(&out_.after, &out_.through_after)}) {
      if (!through->shortfall) continue;
      out_.notes.push_back(
          fmt::format("people did not get through in run {}: {}", printable(run->id), *through->shortfall));
    }
    judge(*a, *b);
    if (!any_change()) {
      return CompareRefusal{ExitCause::no_data, fmt::format("{} and {} have no measured step in common",
                                                            printable(out_.before.id), printable(out_.after.id))};
    }
    return std::move(out_);
  }

  [[nodiscard]] bool any_change() const {
    return std::any_of(out_.groups.begin(), out_.groups.end(), [](const ComparedGroup& group) {
      return std::any_of(group.figures.begin(), group.figures.end(),
                         [](const ComparedFigure& figure) { return figure.change.has_value(); });
    });
  }

  void judge(const MeasuredRun& a, const MeasuredRun& b) {
    out_.confidence = settings_.confidence;
    out_.minimum = settings_.minimum;
    out_.looks = looks_of(plan_, a, b);
    Resampling resampling;
    resampling.confidence = settings_.confidence;
    resampling.same_schedule = same_schedule_;
    resampling.looks = out_.looks;
    for (const Plan::Group& group : plan_.groups) {
      ComparedGroup compared;
      compared.name = group.name;
      for (const auto& [asked, at] : group.asked) {
        compare_asked(compared, asked, a.series[at], b.series[at], resampling, out_.minimum);
      }
      if (group.before && time_moved(compared)) {
        compared.shift = shift_of(a.totals.steps[*group.before], b.totals.steps[*group.after]);
      }
      if (!compared.figures.empty()) out_.groups.push_back(std::move(compared));
    }
    out_.errors = errors_of(a.totals, b.totals);
    judge_conditions(a, b, resampling);
  }

  // Conditions named beforehand are no search for extremes: only the conditions themselves count as looks.
  void judge_conditions(const MeasuredRun& a, const MeasuredRun& b, Resampling resampling) {
    resampling.looks = settings_.conditions.size();
    for (std::size_t i = 0; i < settings_.conditions.size(); ++i) {
      const ChangeCondition& condition = settings_.conditions[i];
      const auto& [at, failures] = plan_.conditions[i];
      ConditionResult result{condition, {}};
      result.change = condition.what.is_latency()
                          ? change_of(a.series[at].durations, b.series[at].durations, condition.figure, resampling)
                          : change_of(a.series[at].bad, b.series[at].bad, resampling);
      if (result.change) result.state = judge_condition(condition, *result.change);
      if (result.change && result.state != ConditionState::fail && failures) {
        const auto failed = change_of(a.series[*failures].bad, b.series[*failures].bad, resampling);
        result.by_failures = failed && hidden_by_failures(condition.figure, *result.change, *failed, out_.minimum);
        if (result.by_failures) result.state = ConditionState::fail;
      }
      out_.conditions.push_back(std::move(result));
    }
  }

  HistoryReader& history_;
  const CompareSettings& settings_;
  Plan plan_;
  bool same_schedule_ = true;
  RunComparison out_;
};

}  // namespace

ChangeVerdict RunComparison::verdict() const {
  if (through_after.shortfall && !through_before.shortfall) return ChangeVerdict::worse;
  for (const ChangeVerdict wanted :
       {ChangeVerdict::worse, ChangeVerdict::better, ChangeVerdict::unclear, ChangeVerdict::alike}) {
    for (const ComparedGroup& group : groups) {
      for (const ComparedFigure& figure : group.figures) {
        if (figure.verdict == wanted) return wanted;
      }
    }
  }
  return ChangeVerdict::too_few;
}

CompareOutcome compare_runs(HistoryReader& history, const std::string& before, const std::string& after,
                            const CompareSettings& settings) {
  return Comparer(history, settings).run(before, after);
}

}  // namespace gelombang
