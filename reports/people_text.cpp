#include "reports/people_text.hpp"

#include "base/json_writer.hpp"
#include "base/text_table.hpp"
#include "reports/threshold_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace gelombang {
namespace {

std::string count(std::uint64_t n) { return n > 0 ? fmt::format("{}", n) : std::string("-"); }

std::string times(const std::optional<double>& ratio) {
  return ratio ? fmt::format("{:.2f}", *ratio) : std::string("-");
}

std::string share(std::uint64_t of, std::uint64_t all) {
  if (all == 0) return "-";
  return fmt::format("{:.1f} %", 100 * static_cast<double>(of) / static_cast<double>(all));
}

// Ended after the step, but not by choice.
std::uint64_t ended_otherwise(const StepPeople& p) {
  return std::accumulate(p.ended_after.begin(), p.ended_after.end(), std::uint64_t{0}) - p.after(PersonFate::left);
}

std::vector<std::string> funnel_table(const Summary& s, TextWidth width) {
  TextTable table("lrrrrrrrrrrr");
  table.row({"step", "reached", "through", "", "gave up", "later", "cut", "went on", "left", "after", "tries/success",
             "x calm"});
  table.may_shorten(0, 12).may_leave_out({9, 7, 8, 3, 11, 6});
  std::string journey;
  for (const Summary::FunnelStep& step : s.funnel) {
    if (step.journey != journey) table.row({printable(journey = step.journey)});
    const StepPeople& p = step.people;
    table.row({"  " + printable(step.name), fmt::format("{}", p.reached), fmt::format("{}", p.succeeded),
               share(p.succeeded, p.reached), count(p[PersonFate::lost]), count(p[PersonFate::away]),
               count(p[PersonFate::interrupted]), count(p.went_on()), count(p.after(PersonFate::left)),
               count(ended_otherwise(p)), times(step.attempts_per_success), times(step.amplification)});
  }
  return table.lines(width);
}

// "gave up at login/log in: 12 (8 tcp_refused, 4 abandoned)", the most frequent reason first.
void add_lost(std::vector<std::string>& lines, const Summary& s) {
  for (const Summary::FunnelStep& step : s.funnel) {
    std::vector<std::pair<std::uint64_t, std::string_view>> reasons;
    for (std::size_t i = 0; i < kErrorClassCount; ++i) {
      if (step.people.lost[i] > 0) reasons.emplace_back(step.people.lost[i], name(static_cast<ErrorClass>(i)));
    }
    if (reasons.empty()) continue;
    std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string text;
    for (const auto& [n, why] : reasons) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, why);
    lines.push_back(fmt::format("gave up at {}/{}: {} ({})", printable(step.journey), printable(step.name),
                                step.people[PersonFate::lost] + step.people.after(PersonFate::lost), text));
  }
}

// "p50 11.2 s, p95 18 s, max 31 s". Leaves out the figures that people never reached; empty if half of them never did.
std::string time_text(const DurationFigures& time) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::optional<Estimate>& figure) {
    if (!figure || figure->value >= kNever) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, estimate_text(figure));
  };
  add("p50", time.p50);
  add("p95", time.p95);
  add("max", time.max);
  return text;
}

// "12". "fewer than 1" and "more than 99" where rounding would show none or all.
std::string in_hundred(std::uint64_t part, std::uint64_t all) {
  const double share = 100 * static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(all, 1));
  if (share < 1) return "fewer than 1";
  return share > 99 && part < all ? "more than 99" : fmt::format("{}", std::lround(share));
}

void add_journey(std::vector<std::string>& lines, const Summary::People& p) {
  const auto ended = [&p](PersonFate fate) { return p.ended[static_cast<std::size_t>(fate)]; };
  const std::uint64_t nowhere = ended(PersonFate::lost) + ended(PersonFate::away);
  const std::uint64_t tried = nowhere + ended(PersonFate::succeeded) + ended(PersonFate::interrupted);
  std::string line =
      fmt::format("{}: {} of {} people got through", printable(p.journey), ended(PersonFate::succeeded), p.arrived);
  if (const std::string time = time_text(p.time); !time.empty()) line += "; first intent to success " + time;
  if (nowhere > 0) line += fmt::format("; {} in 100 never got there", in_hundred(nowhere, tried));
  lines.push_back(std::move(line));
  lines.push_back(fmt::format("  {} requests, {} of a calm crowd: retry amplification {}", p.requests, p.calm_requests,
                              times(p.amplification)));
}

}  // namespace

std::vector<std::string> people_lines(const Summary& s, TextWidth width) {
  const auto came = [](const Summary::People& p) { return p.arrived > 0; };
  if (std::none_of(s.people.begin(), s.people.end(), came)) return {};
  std::vector<std::string> lines = funnel_table(s, width);
  add_lost(lines, s);
  for (const Summary::People& people : s.people) {
    if (came(people)) add_journey(lines, people);
  }
  return lines;
}

}  // namespace gelombang
