#include "app/progress.hpp"

#include "app/say.hpp"
#include "base/units.hpp"
#include "metrics/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace gelombang {
namespace {

constexpr Duration kLineEvery = std::chrono::seconds(10);
constexpr std::size_t kHistory = 48;

std::string rate_text(double rate) { return format_rate(Rate::per_second(rate)); }

// Where nothing has ended nothing is known: that is not 0 %.
std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : std::string("-");
}

std::string p95_text(const std::optional<Estimate>& p95) {
  return p95 ? (p95->lower_bound ? ">= " : "") + format_duration(p95->value) : std::string("-");
}

std::string sparkline(const std::vector<double>& values) {
  static constexpr std::array<const char*, 8> kBars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string line;
  for (const double value : values) {
    const double share = most > 0 ? value / most : 0;
    line += kBars[static_cast<std::size_t>(std::min(7.0, std::floor(share * 8)))];
  }
  return line;
}

}  // namespace

Progress::Progress(const Terminal& terminal) : terminal_(terminal) {}

void Progress::show(const ProgressFigures& figures) {
  if (figures.p95) {
    p95_history_.push_back(to_seconds(figures.p95->value));
    if (p95_history_.size() > kHistory) p95_history_.erase(p95_history_.begin());
  }
  if (terminal_.interactive()) return draw(figures);
  if (figures.elapsed < next_line_at_) return;
  next_line_at_ += kLineEvery;
  const std::string overdue = figures.overdue > 0 ? fmt::format(", {} wait too long", figures.overdue) : std::string();
  say("{:>6} of {}: asked {}, started {}, {} users, {} of {} iterations failed, step errors {}{}, p95 {}, "
      "dropped {}{}{}{}\n",
      format_duration(figures.elapsed), format_duration(figures.length), rate_text(figures.rate_asked),
      rate_text(figures.rate_achieved), figures.users_busy, figures.failed, figures.completed + figures.failed,
      share_text(figures.error_rate), overdue, p95_text(figures.p95), figures.dropped, figures.deviation.empty() ? "" : ", ",
      figures.deviation, figures.stopping ? ", finishing" : "");
  for (const std::string& warning : figures.warnings) say("  warning: {}\n", printable(warning));
}

void Progress::clear() {
  if (lines_drawn_ == 0) return;
  say("\x1b[{}A\x1b[J", lines_drawn_);
  lines_drawn_ = 0;
}

std::string Progress::bar(const ProgressFigures& figures, int width) const {
  const double share = figures.length > Duration::zero()
                           ? std::clamp(to_seconds(figures.position) / to_seconds(figures.length), 0.0, 1.0)
                           : 1.0;
  const int full = static_cast<int>(share * width);
  std::string line;
  for (int i = 0; i < width; ++i) line += i < full ? "█" : "░";
  return terminal_.paint(Color::cyan, line);
}

void Progress::draw(const ProgressFigures& figures) {
  const Duration left = std::max(Duration::zero(), figures.length - figures.position);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("  {} {}", bar(figures, std::clamp(terminal_.width() - 36, 10, 60)),
                              figures.stopping ? "waiting for the last answers" : format_duration(left) + " left"));
  if (!figures.deviation.empty()) lines.push_back(terminal_.paint(Color::yellow, "  control   " + figures.deviation));
  lines.push_back(figures.rate_asked > 0 ? fmt::format("  arrivals  asked {:>9}   started {:>9}   requests {:>9}",
                                                       rate_text(figures.rate_asked), rate_text(figures.rate_achieved),
                                                       rate_text(figures.requests))
                                         : fmt::format("  passes    started {:>9}   requests {:>9}",
                                                       rate_text(figures.rate_achieved), rate_text(figures.requests)));
  if (figures.overdue > 0) {
    lines.push_back(terminal_.paint(
        Color::red, fmt::format("  waiting   {:>5} steps for too long already: they count as failed", figures.overdue)));
  }
  const std::string failed = fmt::format("{} failed ({} of steps)", figures.failed, share_text(figures.error_rate));
  lines.push_back(fmt::format("  users     {:>5} busy     {} completed   {}", figures.users_busy, figures.completed,
                              figures.failed > 0 ? terminal_.paint(Color::red, failed) : failed));
  lines.push_back(fmt::format("  p95       {:>9}  {}", p95_text(figures.p95), sparkline(p95_history_)));
  if (figures.retrying + figures.lost > 0 || figures.amplification > 1.005) {
    lines.push_back(
        fmt::format("  people    {:>5} will try again     {} lost   {:.2f} times the requests of a calm crowd",
                    figures.retrying, figures.lost, figures.amplification));
  }
  if (figures.dropped > 0)
    lines.push_back(terminal_.paint(Color::yellow, fmt::format("  dropped   {} arrivals", figures.dropped)));
  for (const std::string& warning : figures.warnings)
    lines.push_back(terminal_.paint(Color::yellow, "  warning   " + printable(warning)));
  if (!hint_.empty() && !figures.stopping) lines.push_back(terminal_.paint(Color::dim, "  " + hint_));
  std::string text = lines_drawn_ > 0 ? fmt::format("\x1b[{}A\x1b[J", lines_drawn_) : "";
  for (const std::string& line : lines) text += line + "\n";
  lines_drawn_ = static_cast<int>(lines.size());
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace gelombang
