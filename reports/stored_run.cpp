#include "reports/stored_run.hpp"

#include "metrics/history/reader.hpp"
#include "metrics/thresholds/aggregator.hpp"
#include "reports/run_series.hpp"
#include "reports/summary.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

namespace json = boost::json;

// Intervals keep the validity state. The reasons are kept only in the summary.
constexpr std::string_view kNoReason = "the reasons are recorded at the end of a run, and this run has no end";

// The content of the plan as far as it can be read: an old or foreign file may have less.
struct Plan {
  explicit Plan(const std::string& text) {
    boost::system::error_code bad;
    const json::value value = json::parse(text, bad);
    if (bad || !value.is_object()) return;
    command = strings(value.as_object(), "command");
    thresholds = strings(value.as_object(), "thresholds");
    if (const auto* load = value.as_object().if_contains("load"); load != nullptr && load->is_object()) {
      const auto* seconds = load->as_object().if_contains("length_seconds");
      if (seconds != nullptr && seconds->is_number()) length = from_seconds(seconds->to_number<double>());
    }
  }
  static std::vector<std::string> strings(const json::object& object, std::string_view key) {
    std::vector<std::string> out;
    const auto* list = object.if_contains(key);
    if (list == nullptr || !list->is_array()) return out;
    for (const json::value& element : list->as_array()) {
      if (element.is_string()) out.emplace_back(element.as_string().c_str());
    }
    return out;
  }

  std::vector<std::string> command;
  std::vector<std::string> thresholds;
  std::optional<Duration> length;  // of the load
};

// Replays a run that has no end, to get the figures that it had while it was played.
class Replay {
 public:
  Replay(const RunRecord& run, const Plan& plan) : run_(run), length_(plan.length.value_or(run.recorded)) {
    auto parsed = parse_thresholds(plan.thresholds, run.layout->catalog);
    if (parsed.has_value()) thresholds_ = std::move(*parsed);
    aggregator_.emplace(run.layout, thresholds_, TimePoint{});
  }

  void add(const Interval& interval) {
    aggregator_->add(interval.delta);
    if (interval.under_way != nullptr) aggregator_->add(*interval.under_way);
    if (!over_ && interval.end >= length_) {
      over_ = true;
      aggregator_->arrivals_ended(TimePoint{} + length_);
    }
    aggregator_->tick(TimePoint{} + interval.end);
    expected_ += interval.rate_asked * to_seconds(interval.end - interval.begin);
    validity_ = interval.validity;
    cpu_seconds_ = interval.cpu_seconds;
    const std::uint64_t busy = std::accumulate(interval.users.begin(), interval.users.end(), std::uint64_t{0}) -
                               interval.users[static_cast<std::size_t>(UserState::idle)];
    most_users_ = std::max(most_users_, busy);
  }

  std::string summary() {
    aggregator_->finish();
    const Snapshot totals = aggregator_->so_far();
    RunFacts facts;
    facts.id = run_.id;
    facts.scenario = run_.scenario;
    facts.load = run_.load;
    facts.target = run_.target;
    facts.version = run_.version;
    facts.seed = run_.seed;
    facts.started_at = run_.started_at;
    facts.ended_at = run_.started_at + std::chrono::duration_cast<WallTime::duration>(run_.recorded);
    facts.took = run_.recorded;
    facts.arrivals_took = std::min(run_.recorded, length_);
    for (const JourneySnapshot& journey : totals.journeys) facts.planned += journey.started + journey.total_dropped();
    const double seconds = to_seconds(facts.arrivals_took);
    if (expected_ > 0 && seconds > 0) facts.requested_rate = expected_ / seconds;
    facts.expected = expected_ > 0 ? expected_ : static_cast<double>(facts.planned);
    facts.generator.cpu_seconds = cpu_seconds_;
    facts.generator.users_max = most_users_;
    Validity validity{validity_, {}};
    if (validity_ != ValidityState::valid) validity.reasons.emplace_back(kNoReason);
    return summary_json(make_summary(facts, totals, aggregator_->thresholds(), std::move(validity)));
  }

 private:
  const RunRecord& run_;
  Duration length_;
  std::vector<Threshold> thresholds_;
  std::optional<Aggregator> aggregator_;
  bool over_ = false;
  double expected_ = 0;
  ValidityState validity_ = ValidityState::valid;
  double cpu_seconds_ = 0;
  std::uint64_t most_users_ = 0;
};

ReportDocument::State state_of(RunState state) {
  switch (state) {
    case RunState::finished: return ReportDocument::State::finished;
    case RunState::under_way: return ReportDocument::State::under_way;
    case RunState::cut_off: break;
  }
  return ReportDocument::State::cut_off;
}

}  // namespace

std::string command_in(const std::string& plan) { return shell_line(Plan(plan).command); }

std::string shell_line(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

Result<ReportDocument> stored_report(HistoryReader& history, const std::string& id) {
  const auto found = history.run(id);
  if (!found) return found.error();
  const RunRecord& run = *found;
  const Plan plan(run.plan);
  RunSeries series(run.layout);
  std::optional<Replay> replay;
  if (run.summary.empty()) replay.emplace(run, plan);
  const auto read = history.intervals(run, [&](const Interval& interval) {
    series.add(interval);
    if (replay) replay->add(interval);
  });
  if (!read) return read.error();
  if (series.points().empty()) {
    return Error{fmt::format("run {} has nothing to report: nothing was recorded of it", run.id)};
  }
  auto failures = read_first_failures(history, run);
  if (!failures) return failures.error();
  ReportDocument document;
  document.state = state_of(run.state);
  document.first_failures = std::move(*failures);
  document.command = shell_line(plan.command);
  document.seed = run.seed;
  document.annotations = run.annotations;
  document.plan = run.plan;
  document.summary = replay ? replay->summary() : run.summary;
  document.series = series_json(series);
  return document;
}

}  // namespace gelombang
