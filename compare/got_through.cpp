#include "compare/got_through.hpp"

#include "compare/likeness.hpp"
#include "metrics/thresholds/completion.hpp"
#include "reports/summary_view.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

constexpr double kHardlyAnybody = 0.1;

// When arrivals ended: as planned, or with the last one of a run that ended early.
Duration arrivals_of(const RunRecord& run, const MeasuredRun& measured) {
  const auto plan = parse_summary(run.plan);
  if (!plan || !played_out(run)) return measured.last_arrival;
  const auto* length = object_in(*plan, "load").if_contains("length_seconds");
  if (length == nullptr || !length->is_number()) return measured.last_arrival;
  const double seconds =
      length->is_double() ? length->get_double() : static_cast<double>(length->to_number<std::int64_t>());
  return std::min(from_seconds(seconds), measured.measured_until);
}

bool few(std::uint64_t part, std::uint64_t all) {
  return all > 0 && static_cast<double>(part) < kHardlyAnybody * static_cast<double>(all);
}

}  // namespace

GotThrough got_through(const RunRecord& run, const MeasuredRun& measured) {
  CompletionFacts facts = completion_facts(measured.totals);
  facts.arrivals = arrivals_of(run, measured);
  facts.silence = measured.unanswered;
  facts.silence->lasted = std::max(Duration::zero(), facts.arrivals - measured.last_answer);
  const bool hardly_anybody = few(facts.answered, facts.requests) || few(facts.succeeded, facts.steps);
  auto shortfall = judge_completion(facts, {});
  return {shortfall ? std::optional(std::move(shortfall->text)) : std::nullopt, shortfall && hardly_anybody};
}

}  // namespace gelombang
