#include "runs/live_page.hpp"

#include "metrics/exposition/metrics_server.hpp"
#include "reports/report_page.hpp"
#include "reports/run_series.hpp"
#include "reports/stored_run.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace gelombang {
namespace {

// Half of what a report shows, because the points use the memory of a measuring process.
constexpr std::size_t kMostPoints = RunSeries::kMostPoints / 2;

// Reads a number of "a=1&b=2". Nothing if it is missing or not a number.
std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.substr(0, name.size()) != name || part.substr(name.size(), 1) != "=") continue;
    const std::string_view digits = part.substr(name.size() + 1);
    std::uint64_t value = 0;
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc() && last == digits.data() + digits.size()) return value;
  }
  return std::nullopt;
}

bool reads(const PageRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

PageAnswer only_read() { return {405, "text/plain; charset=utf-8", "only GET\n", {{"Allow", "GET, HEAD"}}}; }

PageAnswer page_answer(const PageRequest& request) {
  if (!reads(request)) return only_read();
  const auto page = live_page();
  if (!page) return {404, "text/plain; charset=utf-8", page.error().message + "\n", {}};
  return {200,
          "text/html; charset=utf-8",
          *page,
          {{"Content-Security-Policy", page_policy() + "; frame-ancestors 'none'"},
           {"X-Content-Type-Options", "nosniff"},
           {"Referrer-Policy", "no-referrer"},
           {"Cache-Control", "no-store"}}};
}

}  // namespace

struct LivePage::Content {
  Content(std::shared_ptr<const MetricsLayout> layout, const Clock& clock_)
      : clock(clock_), series(std::move(layout), kMostPoints) {}

  [[nodiscard]] PageAnswer answer(const PageRequest& request) {
    if (!reads(request)) return only_read();
    const TimePoint now = clock.now();
    const std::lock_guard lock(mutex);
    asked_at = now;
    const bool over = document.state != ReportDocument::State::running;
    const bool stale = document.summary.empty() || (!over && now - shown_at > kPatience);
    PageAnswer answer{
        200, "application/json", {}, {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
    if (stale) {
      // The run's thread makes a summary at its next tick.
      answer.body = "{\"schema\":\"gelombang.report/1\",\"state\":\"running\"}\n";
      return answer;
    }
    asked_since = true;
    const bool continues = number_in(request.query, "generation") == series.generation();
    document.series = series_json(series, continues ? number_in(request.query, "first").value_or(0) : 0);
    answer.body = report_json(document);
    return answer;
  }

  const Clock& clock;
  std::mutex mutex;
  RunSeries series;
  ReportDocument document;
  std::optional<TimePoint> asked_at;
  TimePoint shown_at{};
  bool asked_since = false;
};

LivePage::LivePage(MetricsServer& server, std::shared_ptr<const MetricsLayout> layout, std::uint64_t seed,
                   std::string plan, const Clock& clock)
    : content_(std::make_shared<Content>(std::move(layout), clock)) {
  content_->document.state = ReportDocument::State::running;
  content_->document.seed = seed;
  content_->document.command = command_in(plan);
  content_->document.plan = std::move(plan);
  server.serve("/", page_answer);
  server.serve("/api/run", [content = content_](const PageRequest& request) { return content->answer(request); });
}

void LivePage::add(const Interval& interval) {
  const std::lock_guard lock(content_->mutex);
  content_->series.add(interval);
}

void LivePage::annotate(const Annotation& annotation) {
  const std::lock_guard lock(content_->mutex);
  content_->document.annotations.push_back(annotation);
}

bool LivePage::followed() const {
  const TimePoint now = content_->clock.now();
  const std::lock_guard lock(content_->mutex);
  return content_->asked_at && now - *content_->asked_at < kPatience;
}

void LivePage::show(ReportDocument::State state, std::string summary, FirstFailureList first_failures,
                    std::optional<RecentFigures> recent) {
  const TimePoint now = content_->clock.now();
  const std::lock_guard lock(content_->mutex);
  content_->document.state = state;
  content_->document.summary = std::move(summary);
  content_->document.first_failures = std::move(first_failures);
  content_->document.recent = recent;
  content_->shown_at = now;
  content_->asked_since = false;
}

bool LivePage::seen() const {
  const std::lock_guard lock(content_->mutex);
  return content_->asked_since;
}

}  // namespace gelombang
