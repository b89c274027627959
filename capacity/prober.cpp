#include "capacity/prober.hpp"

#include "base/random.hpp"
#include "base/say.hpp"
#include "base/units.hpp"
#include "capacity/report_text.hpp"
#include "capacity/slo_verdict.hpp"
#include "runs/exact_text.hpp"
#include "runs/fit.hpp"
#include "runs/plan_json.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace gelombang::capacity {
namespace {

bool ends_search(ExitCause cause) {
  return cause == ExitCause::configuration || cause == ExitCause::refused || cause == ExitCause::script_error ||
         cause == ExitCause::stopped;
}

ProbeResult not_played(ProbeResult probe, ExitCause cause, std::string why) {
  probe.ends_search = ExitReason{cause, std::move(why)};
  return probe;
}

// Whether more load can only help to keep the objective.
bool backwards(const Threshold& slo) {
  const bool above = slo.comparison == Comparison::greater || slo.comparison == Comparison::greater_equal;
  const bool below = slo.comparison == Comparison::less || slo.comparison == Comparison::less_equal;
  return slo.is_latency() || slo.metric == ThresholdMetric::error_rate ? above
         : slo.metric == ThresholdMetric::served_rate                  ? below
                                                                       : false;
}

// The most frequent error, if the objective counts errors.
std::string cause_of(const Threshold& slo, const Summary& summary) {
  if (slo.metric != ThresholdMetric::error_rate && slo.metric != ThresholdMetric::served_rate) return {};
  std::array<std::uint64_t, kErrorClassCount> errors{};
  for (const auto& step : summary.steps) {
    std::transform(errors.begin(), errors.end(), step.errors.begin(), errors.begin(), std::plus<>());
  }
  errors[static_cast<std::size_t>(ErrorClass::none)] = 0;
  const auto most = std::max_element(errors.begin(), errors.end());
  return *most == 0 ? std::string() : fmt::format(" (mostly {})", name(static_cast<ErrorClass>(most - errors.begin())));
}

}  // namespace

std::uint64_t probe_seed(std::uint64_t seed, std::size_t number) noexcept {
  return mix64(seed ^ mix64(number)) & kSeedMask;
}

Result<ProbePlan> plan_probe(const ProberOptions& options, const ProbeOrder& order) {
  ProbePlan plan;
  plan.request = options.run;
  plan.request.rate = Rate::per_second(order.rate);
  plan.request.duration = order.length;
  plan.request.seed = probe_seed(options.seed, order.number);
  auto prepared = prepare_run(plan.request);
  if (!prepared) return prepared.error();
  plan.run = std::move(*prepared);
  plan.run.thresholds.clear();
  for (const std::string& slo : options.slos) {
    auto threshold = parse_threshold(slo);
    if (!threshold) return Error{"--slo: " + threshold.error().message};
    const auto resolved = resolve(*threshold, plan.run.scenario.catalog);
    if (!resolved) return Error{"--slo: " + resolved.error().message};
    if (backwards(*threshold)) {
      return Error{fmt::format("--slo '{}': more load cannot break it: is the comparison sign reversed?", slo)};
    }
    if (!threshold->after && options.warm_up > Duration::zero()) {
      threshold->after = options.warm_up;
      threshold->expression += " after " + exact_text(options.warm_up);
    }
    plan.request.thresholds.push_back(threshold->expression);
    plan.run.thresholds.push_back(std::move(*threshold));
  }
  auto boundaries = LatencyBoundaries::with(latency_limits(plan.run.thresholds));
  if (!boundaries) return Error{"--slo: " + boundaries.error().message};
  plan.run.layout = make_layout(plan.run.scenario.catalog, std::move(*boundaries));
  plan.run.plan.load.name = "find-max " + format_rate(Rate::per_second(order.rate));
  return plan;
}

void judge_probe(ProbeResult& probe, const Summary& summary, const ProberOptions& options,
                 const std::optional<std::string>& cut_short) {
  probe.took = summary.run.arrivals_took;
  probe.achieved = summary.arrivals.achieved_rate;
  const double seconds = to_seconds(probe.took);
  if (!cut_short && seconds > 0) probe.served = static_cast<double>(summary.arrivals.completed) / seconds;
  probe.slos = summary.thresholds;
  for (std::size_t i = 0; i < probe.slos.size(); ++i) probe.slos[i].threshold.expression = options.slos[i];
  probe.cut_short = cut_short.has_value();
  for (const ExitReason& reason : summary.exit_reasons) {
    if (!ends_search(reason.cause)) continue;
    probe.ends_search = reason;
    probe.why = reason.text;
    return;
  }
  const bool exhausted = summary.arrivals.dropped[static_cast<std::size_t>(DropReason::users_exhausted)] > 0;
  const auto invalid = std::find_if(summary.exit_reasons.begin(), summary.exit_reasons.end(),
                                    [](const ExitReason& r) { return r.cause == ExitCause::invalid_run; });
  if (invalid != summary.exit_reasons.end() && !exhausted) {
    probe.verdict = ProbeVerdict::invalid;
    probe.why = summary.validity.reasons.empty() ? invalid->text : summary.validity.reasons.front();
    return;
  }
  if (cut_short || exhausted) {
    // In less than half of the time, as much has gone wrong as was allowed for all of it: no accident.
    const bool early = probe.took < options.warm_up + (probe.order.length - options.warm_up) / 2;
    probe.verdict = exhausted || early ? ProbeVerdict::collapsed : ProbeVerdict::broken;
    probe.why = cut_short.value_or("users_exhausted: arrivals found no free user");
    for (const ThresholdResult& slo : probe.slos) {
      if (probe.why == slo.threshold.expression) probe.why += cause_of(slo.threshold, summary);
    }
    return;
  }
  for (const ThresholdResult& slo : probe.slos) {
    if (!slo.fails()) continue;
    probe.verdict = ProbeVerdict::broken;
    probe.why = slo.threshold.expression + cause_of(slo.threshold, summary);
    return;
  }
  for (const ThresholdResult& slo : probe.slos) {
    if (!slo.lacks_data()) continue;
    probe.verdict = ProbeVerdict::no_data;
    probe.why = "no data for " + slo.threshold.expression;
    return;
  }
  if (summary.shortfall && !summary.shortfall->judged) {
    probe.verdict = ProbeVerdict::broken;
    probe.why = summary.shortfall->text;
    return;
  }
  probe.verdict = ProbeVerdict::held;
}

Prober::Prober(ProberOptions options)
    : options_(std::move(options)),
      terminal_(STDERR_FILENO, options_.run.session.color),
      progress_(terminal_),
      loop_(clock_) {
  loop_.listen("a result", [this] { progress_.clear(); });
}

bool Prober::pause(Duration length) {
  if (loop_.signals() > 0) return false;
  loop_.wait(length);
  return loop_.signals() == 0;
}

void Prober::each_second(PlayedRun& run, TimePoint now) {
  // Without a terminal, one line for each probe is enough.
  if (terminal_.interactive()) progress_.show(run.progress(now));
}

ProbeResult Prober::play(const ProbeOrder& order, const SearchAnswer& known) {
  ProbeResult probe;
  probe.order = order;
  auto planned = plan_probe(options_, order);
  if (!planned) return not_played(std::move(probe), ExitCause::configuration, planned.error().message);
  ProbePlan& plan = *planned;
  probe.seed = *plan.request.seed;
  if (const FitReport fit = fit_of(plan.run); !fit.impossible.empty()) {
    return not_played(std::move(probe), order.number == 1 ? ExitCause::configuration : ExitCause::invalid_run,
                      fmt::format("{} does not fit this machine: {}", format_rate(Rate::per_second(order.rate)),
                                  fmt::join(fit.impossible, "; ")));
  }
  PlayedRun::Identity identity;
  identity.id = fmt::format("{}-p{:02}", options_.search, order.number);
  identity.plan = plan_json(plan.request, plan.run, SearchLink{options_.search, order.number, order.recovery});
  plan.request.session.skip_preflight = true;  // the search itself has checked the target, once
  std::vector<Threshold> slos = plan.run.thresholds;
  for (std::size_t i = 0; i < slos.size(); ++i) slos[i].expression = options_.slos[i];
  SloVerdict verdict(std::move(slos), plan.run.layout, order.length, options_.warm_up);
  auto played = std::make_unique<PlayedRun>(std::move(plan.run), plan.request, std::move(identity), loop_);
  PlayedRun& run = *played;
  if (auto reason = run.set_up()) return not_played(std::move(probe), reason->cause, reason->text);
  probe.run = run.id();
  run.figures().observe([&verdict](const Interval& interval) { verdict.add(interval); });
  progress_.set_hint(fmt::format("probe {}{}  {}  {}", order.number, order.recovery ? ", recovery" : "",
                                 format_rate(Rate::per_second(order.rate)), known_text(known)));
  run.start(std::nullopt);
  std::optional<std::string> cut_short;
  run.play({[&](TimePoint now) {
              each_second(run, now);
              if (cut_short || loop_.signals() > 0 || !(cut_short = verdict.broken())) return;
              run.annotate("stop", "the objective is broken: " + *cut_short);
              run.interrupt({ExitCause::failed, "the objective is broken: " + *cut_short});
            },
            [this] { progress_.clear(); }});
  const Summary summary = run.finish();
  run.keep(summary, summary_json(summary));
  if (!lost_history_) lost_history_ = run.lost_history();
  if (run.left_behind()) {
    left_behind_ = true;
    static_cast<void>(played.release());
  }
  judge_probe(probe, summary, options_, cut_short);
  probe.mean = verdict.curve_mean();
  probe.figure = verdict.curve_figure();
  progress_.clear();
  say("{}\n", probe_line(probe));
  return probe;
}

}  // namespace gelombang::capacity
