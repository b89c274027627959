#include "runs/fit.hpp"

#include <utility>

namespace gelombang {
namespace {

FitReport report_of(const PreparedRun& run, const PlannedArrivals& planned) {
  FitReport report;
  report.need =
      need_of(run.scenario, run.plan.load, run.plan.settings.seed, run.plan.segment, planned, run.limits.time_wait);
  for (Misfit& misfit : misfits(report.need, run.limits, run.plan.max_users, run.users_chosen)) {
    (misfit.certain ? report.impossible : report.doubtful).push_back(std::move(misfit.text));
  }
  for (std::string& feed : dry_feeds(run.scenario, planned)) {
    report.impossible.push_back(std::move(feed));
  }
  return report;
}

}  // namespace

FitReport fit_of(const PreparedRun& run) {
  FitReport report = report_of(run, arrivals_at_least(run.plan.load));
  if (report.need.drawn || !report.impossible.empty()) return report;
  return report_of(run, draw_arrivals(run.plan.load, run.plan.settings.seed));
}

}  // namespace gelombang
