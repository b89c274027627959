#include "runs/progress.hpp"

#include "base/json_writer.hpp"
#include "base/say.hpp"
#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace gelombang {
namespace {

constexpr Duration kLineEvery = std::chrono::seconds(10);
constexpr std::size_t kHistory = 48;

std::string rate_text(double rate) { return format_rate(Rate::per_second(rate)); }

// "-" while no step has ended: the share is unknown, not 0 %.
std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : std::string("-");
}

std::string p95_text(const std::optional<Estimate>& p95) {
  return p95 ? (p95->lower_bound ? ">= " : "") + format_duration(p95->value) : std::string("-");
}

// The last values, as many as there is room for.
std::string sparkline(std::span<const double> values, std::size_t room) {
  static constexpr std::array<const char*, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  values = values.last(std::min(values.size(), room));
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string line;
  for (const double value : values) {
    const double share = most > 0 ? value / most : 0;
    line += kBars[static_cast<std::size_t>(std::min(7.0, std::floor(share * 8)))];
  }
  return line;
}

std::string bar(const ProgressFigures& figures, int width) {
  const double share = figures.length > Duration::zero()
                           ? std::clamp(to_seconds(figures.position) / to_seconds(figures.length), 0.0, 1.0)
                           : 1.0;
  const int full = static_cast<int>(share * width);
  std::string line;
  for (int i = 0; i < width; ++i) line += i < full ? "█" : "░";
  return line;
}

std::string time_left(const ProgressFigures& figures) {
  if (figures.stopping) return "waiting for the last answers";
  return format_duration(std::max(Duration::zero(), figures.length - figures.position)) + " left";
}

BlockLine rates(const ProgressFigures& figures) {
  BlockLine line{figures.rate_asked > 0 ? "arrivals" : "passes", {}};
  if (figures.rate_asked > 0) line.cells.push_back({fmt::format("asked {:>9}", rate_text(figures.rate_asked))});
  line.cells.push_back({fmt::format("started {:>9}", rate_text(figures.rate_achieved))});
  line.cells.push_back({fmt::format("requests {:>9}", rate_text(figures.requests))});
  return line;
}

BlockLine failing(const ProgressFigures& figures) {
  return {"failing",
          {{fmt::format("{:>9} of steps in the last 10 s", share_text(figures.recent_error_rate)),
            figures.recent_error_rate.value_or(0) > 0 ? Color::red : Color::plain},
           {fmt::format("{} so far", share_text(figures.error_rate))}}};
}

BlockLine people(const ProgressFigures& figures) {
  return {"people",
          {{fmt::format("{:>5} will try again", figures.retrying)},
           {fmt::format("{} gave up", figures.lost)},
           {fmt::format("{:.2f} times the requests of a calm crowd", figures.amplification)}}};
}

}  // namespace

std::string progress_line(const ProgressFigures& figures) {
  const std::string overdue = figures.overdue > 0 ? fmt::format(", {} wait too long", figures.overdue) : std::string();
  return fmt::format(
      "{:>6} of {}: asked {}, started {}, {} users, {} of {} visits failed, step errors {} in the last 10 s ({} so "
      "far){}, p95 {}, dropped {}{}{}{}",
      format_duration(figures.elapsed), format_duration(figures.length), rate_text(figures.rate_asked),
      rate_text(figures.rate_achieved), figures.users_busy, figures.failed, figures.completed + figures.failed,
      share_text(figures.recent_error_rate), share_text(figures.error_rate), overdue, p95_text(figures.p95),
      figures.dropped, figures.deviation.empty() ? "" : ", ", figures.deviation, figures.stopping ? ", finishing" : "");
}

Progress::Progress(const Terminal& terminal) : terminal_(terminal), block_(terminal) {}

void Progress::show(const ProgressFigures& figures) {
  if (figures.p95) {
    p95_history_.push_back(to_seconds(figures.p95->value));
    if (p95_history_.size() > kHistory) p95_history_.erase(p95_history_.begin());
  }
  if (terminal_.interactive()) return block_.draw(block(figures));
  if (figures.elapsed < next_line_at_) return;
  next_line_at_ += kLineEvery;
  say("{}\n", progress_line(figures));
  for (const std::string& warning : figures.warnings) say("  warning: {}\n", printable(warning));
}

std::vector<BlockLine> Progress::block(const ProgressFigures& figures) const {
  const int width = terminal_.size().columns;
  std::vector<BlockLine> lines;
  lines.push_back({"", {{bar(figures, std::clamp(width - 36, 5, 60)), Color::cyan}, {time_left(figures)}}});
  if (!figures.deviation.empty()) lines.push_back({"control", {{figures.deviation, Color::yellow}}});
  lines.push_back(rates(figures));
  if (figures.overdue > 0) {
    lines.push_back(
        {"waiting",
         {{fmt::format("{:>5} steps for too long already: they count as failed", figures.overdue), Color::red}}});
  }
  lines.push_back({"users",
                   {{fmt::format("{:>5} busy", figures.users_busy)},
                    {fmt::format("{} completed", figures.completed)},
                    {fmt::format("{} failed", figures.failed), figures.failed > 0 ? Color::red : Color::plain}}});
  lines.push_back(failing(figures));
  lines.push_back({"p95",
                   {{fmt::format("{:>9}", p95_text(figures.p95))},
                    {sparkline(p95_history_, static_cast<std::size_t>(std::max(width - 26, 0)))}}});
  if (figures.retrying + figures.lost > 0 || figures.amplification > 1.005) lines.push_back(people(figures));
  if (figures.dropped > 0) lines.push_back({"dropped", {{fmt::format("{} arrivals", figures.dropped), Color::yellow}}});
  for (const std::string& warning : figures.warnings)
    lines.push_back({"warning", {{printable(warning), Color::yellow}}});
  if (!hint_.empty() && !figures.stopping) lines.push_back({"", {{hint_, Color::dim}}});
  return lines;
}

}  // namespace gelombang
