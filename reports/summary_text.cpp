#include "base/json_writer.hpp"
#include "base/text_table.hpp"
#include "base/units.hpp"
#include "reports/people_parts.hpp"
#include "reports/people_text.hpp"
#include "reports/summary.hpp"
#include "reports/threshold_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gelombang {
namespace {

enum class Style { plain, good, bad, warning, strong, faint };

class Page {
 public:
  Page(bool color, TextWidth width) : color_(color), width_(width) {}

  [[nodiscard]] std::string styled(Style style, std::string_view text) const {
    if (!color_ || style == Style::plain) return std::string(text);
    constexpr std::array<std::string_view, 6> kCodes{"", "1;32", "1;31", "1;33", "1", "2"};
    return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(style)], text);
  }
  // What is too long goes on below, further in; what has colour is left to the terminal.
  void line(std::string_view text = {}) {
    const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    if (wrapped(text, width_).size() == 1 || text.find('\x1b') != std::string_view::npos) {
      out_.append(text) += '\n';
      return;
    }
    std::string indentation(blanks, ' ');
    for (const std::string& part : wrapped(text.substr(blanks), room(blanks + 2))) {
      out_.append(indentation).append(part) += '\n';
      indentation.assign(blanks + 2, ' ');
    }
  }
  void heading(std::string_view text) {
    line();
    line(styled(Style::strong, text));
  }
  // "  label          text"
  void fact(std::string_view label, std::string_view text) {
    for (const std::string& part : wrapped(text, room(17))) {
      line(fmt::format("  {:<14} {}", label, part));
      label = {};
    }
  }
  void table(const TextTable& table) { this->table(table, {}); }
  // Colours the first word of a line if it is one of these.
  void table(const TextTable& table, std::initializer_list<std::pair<std::string_view, Style>> words) {
    left_out_ = left_out_ || table.leaves_out(room(2));
    for (const std::string& text : table.lines(room(2))) {
      const auto word =
          std::find_if(words.begin(), words.end(), [&text](const auto& w) { return text.rfind(w.first, 0) == 0; });
      const std::size_t length = word == words.end() ? 0 : word->first.size();
      line(fmt::format("  {}{}", length == 0 ? "" : styled(word->second, word->first), text.substr(length)));
    }
  }
  // What a line has beside an indentation.
  [[nodiscard]] TextWidth room(std::size_t indentation) const {
    if (!width_) return std::nullopt;
    return *width_ - std::min(*width_, indentation);
  }
  std::string finish() && {
    if (left_out_) {
      line();
      line(styled(Style::faint, fmt::format("Columns without room in {} are left out; --json has all.", *width_)));
    }
    return std::move(out_);
  }

 private:
  bool color_;
  TextWidth width_;
  bool left_out_ = false;
  std::string out_;
};

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : std::string("-");
}

void headline(Page& page, const Summary& s) {
  const std::string_view v = verdict(s.exit_reasons);
  std::string_view word = "FAILED";
  Style style = Style::bad;
  if (v == "pass") {
    word = "PASSED";
    style = Style::good;
  } else if (v == "no_data") {
    word = "NO DATA";
    style = Style::warning;
  } else if (v == "stopped") {
    word = "STOPPED";
    style = Style::warning;
  } else if (v == "invalid") {
    word = "INVALID";
  } else if (v == "script_error") {
    word = "SCRIPT ERROR";
  } else if (v == "refused") {
    word = "REFUSED";
  }
  // Someone who reads only this line must not believe that people got through.
  const std::string but = s.shortfall ? fmt::format(" ({})", s.shortfall->text) : std::string();
  page.line(fmt::format("{}{}  {}, load {}, against {}", page.styled(style, word), but, printable(s.run.scenario),
                        printable(s.run.load), printable(s.run.target)));
  for (const ExitReason& reason : s.exit_reasons) {
    page.line(fmt::format("  exit {}: {}", static_cast<int>(reason.cause), printable(reason.text)));
  }
  switch (s.validity.state) {
    case ValidityState::valid: page.line(page.styled(Style::good, "valid") + ": the generator kept up"); break;
    case ValidityState::degraded:
      page.line(page.styled(Style::warning, "degraded") + ": read the figures with care");
      break;
    case ValidityState::invalid:
      page.line(page.styled(Style::bad, "invalid") + ": the figures say nothing about the target");
      break;
  }
  for (const std::string& reason : s.validity.reasons) page.line("  " + printable(reason));
}

void facts(Page& page, const Summary& s) {
  const Summary::Arrivals& a = s.arrivals;
  page.line();
  const std::string asked =
      a.requested_rate ? fmt::format("asked {}, ", format_rate(Rate::per_second(*a.requested_rate))) : std::string();
  page.fact("rate", fmt::format("{}achieved {}; served {} of the planned arrivals", asked,
                                format_rate(Rate::per_second(a.achieved_rate)), percent(a.served_rate)));
  if (const PeopleParts people = people_parts(s); people.came > 0) page.fact("people", people_parts_text(people));
  page.fact("arrivals", fmt::format("expected {:.1f}, planned {}, started {}: {} completed, {} failed, {} interrupted",
                                    a.expected, a.planned, a.started, a.completed, a.failed, a.interrupted));
  if (std::accumulate(a.dropped.begin(), a.dropped.end(), std::uint64_t{0}) > 0) {
    std::string dropped;
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      if (a.dropped[i] > 0)
        dropped += fmt::format("{}{} {}", dropped.empty() ? "" : ", ", a.dropped[i], kDropReasonNames[i]);
    }
    page.fact("dropped", page.styled(Style::warning, dropped));
  }
  if (s.schedule_lag.count > 0) {
    page.fact("schedule lag", fmt::format("p50 {}, p99 {}, max {}", estimate_text(s.schedule_lag.p50),
                                          estimate_text(s.schedule_lag.p99), estimate_text(s.schedule_lag.max)));
  }
  if (!s.run.catch_up.empty()) {
    const std::uint64_t late = s.run.generator.health.late_arrivals;
    page.fact("catch-up", late == 0
                              ? fmt::format("{}: nothing to catch up", s.run.catch_up)
                              : fmt::format("{}: {} arrivals were late by more than 100 ms", s.run.catch_up, late));
  }
  page.fact("run", fmt::format("{}, seed {}, took {}, version {}", printable(s.run.id), s.run.seed,
                               format_duration(s.run.took), printable(s.run.version)));
  if (!s.run.history.empty()) {
    const std::string file = printable(s.run.history);
    page.fact("history", fmt::format("kept in {}: gelombang report {}{}", file, printable(s.run.id),
                                     s.run.history_given ? " --history " + file : ""));
  }
  const RunFacts::Generator& g = s.run.generator;
  page.fact("generator", fmt::format("{:.2f} s of CPU, {} of memory, {} threads, at most {} users", g.cpu_seconds,
                                     format_size(g.max_rss_bytes), g.threads, g.users_max));
  const GeneratorHealth& h = g.health;
  page.fact("", fmt::format("busiest worker {:.0f} % of a core, busiest core {:.0f} %, stolen by the hypervisor {:.0f} "
                            "%, Lua garbage collection {}",
                            h.worker_cpu_share * 100, h.core_busy_share * 100, h.steal_share * 100,
                            format_duration(h.gc_time)));
  page.fact("", fmt::format("{} stalls ({}), {} descriptors, {} local ports", h.stalls, format_duration(h.stalled),
                            h.descriptors_peak, h.ports_peak));
}

std::vector<std::string> figure_cells(const DurationFigures& f) {
  return {estimate_text(f.mean), estimate_text(f.p50), estimate_text(f.p90),
          estimate_text(f.p95),  estimate_text(f.p99), estimate_text(f.max)};
}

void add_row(TextTable& table, std::vector<std::string> front, const DurationFigures& f) {
  for (std::string& cell : figure_cells(f)) front.push_back(std::move(cell));
  table.row(std::move(front));
}

// A line with the journey's name before its first step: full names would make the table too wide.
void head_journey(TextTable& table, const Summary::Step& step, std::string& journey) {
  if (step.journey == journey) return;
  journey = step.journey;
  table.row({printable(journey)});
}

void steps(Page& page, const Summary& s) {
  page.heading("Steps (response time counts from the intended start, service time from the actual one)");
  TextTable table("lrrrlrrrrrr");
  table.row({"step", "count", "failed", "errors", "", "mean", "p50", "p90", "p95", "p99", "max"});
  table.may_shorten(0, 12).may_leave_out({7, 5, 3, 9});
  std::string journey;
  for (const Summary::Step& step : s.steps) {
    head_journey(table, step, journey);
    add_row(table,
            {"  " + printable(step.name), fmt::format("{}", step.count), fmt::format("{}", step.failures),
             percent(step.error_rate), "response"},
            step.response_time);
    if (step.service_time.count > 0) add_row(table, {"", "", "", "", "service"}, step.service_time);
    if (step.failure_time.count > 0) add_row(table, {"", "", "", "", "failures"}, step.failure_time);
  }
  page.table(table);
  if (std::any_of(s.steps.begin(), s.steps.end(), [](const Summary::Step& step) { return step.censored > 0; })) {
    page.line("  >= : some were cut short, by the end of the run or by a person who left; the truth is this or more");
  }
}

void phases(Page& page, const Summary& s) {
  page.heading("Phases of requests (p95)");
  TextTable table("lrrrrrrrr");
  std::vector<std::string> header{"step"};
  for (const std::string_view name : kPhaseNames) header.emplace_back(name);
  header.insert(header.end(), {"sent", "received"});
  table.may_shorten(0, 12).may_leave_out({7, 8, 1});
  table.row(std::move(header));
  std::string journey;
  for (const Summary::Step& step : s.steps) {
    head_journey(table, step, journey);
    std::vector<std::string> cells{"  " + printable(step.name)};
    for (const DurationFigures& f : step.phases) cells.push_back(estimate_text(f.p95));
    cells.push_back(format_size(step.bytes_sent));
    cells.push_back(format_size(step.bytes_received));
    table.row(std::move(cells));
  }
  page.table(table);
}

// Adds a line for each distinct text of the scenario or the client about this step's failures of this class.
bool add_particulars(TextTable& table, const Summary& s, const Summary::Step& step, ErrorClass error) {
  constexpr std::size_t kMost = 160;
  bool any = false;
  for (const FirstFailure& one : s.run.first_failures.shown) {
    const std::string_view said = particulars(one.evidence);
    const bool of_row = one.step == step.name && one.journey == step.journey && one.evidence.sample.error == error;
    if (!of_row || said.empty()) continue;
    any = true;
    table.row({"", "", "", "  " + printable(without_cut_letter(said.substr(0, kMost)))});
  }
  return any;
}

void errors(Page& page, const Summary& s) {
  TextTable table("lrll");
  table.may_shorten(0, 16).may_wrap(3, 24);
  bool any = false;
  bool more = false;
  for (const Summary::Step& step : s.steps) {
    for (std::size_t i = 0; i < kErrorClassCount; ++i) {
      if (step.errors[i] == 0) continue;
      any = true;
      const ErrorClassInfo& row = info(static_cast<ErrorClass>(i));
      const bool ours = row.side == ErrorSide::generator || row.side == ErrorSide::mailbox;
      table.row({printable(step.journey + "/" + step.name), fmt::format("{}", step.errors[i]), std::string(row.name),
                 std::string(row.text) + (ours ? " (not the target's)" : "")});
      more = add_particulars(table, s, step, static_cast<ErrorClass>(i)) || more;
    }
  }
  if (!any) return;
  page.heading("Errors");
  page.table(table);
  if (more && !s.run.history.empty()) {
    page.line(fmt::format("  details: gelombang history show {}{}", printable(s.run.id),
                          s.run.history_given ? " --history " + printable(s.run.history) : ""));
  }
}

void journeys(Page& page, const Summary& s) {
  page.heading("Journeys (pauses included)");
  TextTable table("lrrrrrrrr");
  table.row({"journey", "started", "completed", "failed", "cut", "dropped", "p50", "p95", "max"});
  table.may_shorten(0, 8).may_leave_out({8, 4});
  for (const Summary::Iterations& i : s.iterations) {
    table.row({printable(i.journey), fmt::format("{}", i.started), fmt::format("{}", i.count - i.failed),
               fmt::format("{}", i.failed), fmt::format("{}", i.interrupted), fmt::format("{}", i.dropped),
               estimate_text(i.duration.p50), estimate_text(i.duration.p95), estimate_text(i.duration.max)});
  }
  page.table(table);
}

void people(Page& page, const Summary& s) {
  const std::vector<std::string> lines = people_lines(s, page.room(2));
  if (lines.empty()) return;
  page.heading("People (each counts once, however often they tried)");
  for (const std::string& text : lines) page.line("  " + text);
}

void networks(Page& page, const Summary& s) {
  if (s.networks.empty()) return;
  page.heading("Networks of the people");
  TextTable table("lrrrrrrrrrr");
  table.row({"network", "iterations", "failed", "requests", "failed", "", "p50", "p95", "p99", "sent", "received"});
  table.may_shorten(0, 8).may_leave_out({9, 10, 8, 3, 6});
  for (const Summary::Network& n : s.networks) {
    table.row({printable(n.name), fmt::format("{}", n.iterations), fmt::format("{}", n.failed_iterations),
               fmt::format("{}", n.requests), fmt::format("{}", n.failures), percent(n.error_rate),
               estimate_text(n.service_time.p50), estimate_text(n.service_time.p95), estimate_text(n.service_time.p99),
               format_size(n.bytes_sent), format_size(n.bytes_received)});
  }
  page.table(table);
}

void mail(Page& page, const Summary& s) {
  if (!s.email) return;
  const Summary::Email& e = *s.email;
  const auto n = [&e](MailResult r) { return e.by_result[static_cast<std::size_t>(r)]; };
  page.heading("Mail");
  page.fact("wanted", fmt::format("{}: {} in time, {} late, {} lost, {} pending", e.sent, n(MailResult::in_time),
                                  n(MailResult::late), n(MailResult::lost), n(MailResult::pending)));
  if (n(MailResult::hidden) > 0) {
    page.fact("not known", fmt::format("{}: the mailbox could not be read", n(MailResult::hidden)));
  }
  page.fact("besides", fmt::format("{} in the spam folder, {} duplicate, {} for unknown recipients", e.spam,
                                   n(MailResult::duplicate), n(MailResult::unknown)));
  page.fact("delivery",
            fmt::format("p50 {}, p95 {}, p99 {}, max {}", estimate_text(e.delivery.p50), estimate_text(e.delivery.p95),
                        estimate_text(e.delivery.p99), estimate_text(e.delivery.max)));
  if (e.poll_interval)
    page.fact("resolution", fmt::format("{}, the mailbox's poll interval", format_duration(*e.poll_interval)));
}

void annotations(Page& page, const Summary& s) {
  if (s.run.annotations.empty()) return;
  page.heading("What happened meanwhile");
  TextTable table("rll");
  table.may_wrap(2, 24);
  for (const Annotation& annotation : s.run.annotations) {
    table.row({format_duration(annotation.offset), printable(annotation.kind), printable(annotation.text)});
  }
  page.table(table);
}

void conformance(Page& page, const Summary& s) {
  if (s.conformance.empty()) return;
  page.heading(fmt::format("Conformance ({} of {} answers are not as expected)", s.conformance.violated,
                           s.conformance.reported));
  TextTable table("lllll");
  table.row({"", "rule", "expected", "got", "times"});
  table.may_wrap(1, 16).may_wrap(2, 10).may_wrap(3, 10);
  for (const ConformanceRow& row : s.conformance.rows) {
    table.row({row.holds ? "ok" : "NOT OK", printable(row.rule), printable(row.expected), printable(row.got),
               row.count > 1 ? fmt::format("{}", row.count) : std::string()});
  }
  page.table(table, {{"NOT OK", Style::bad}, {"ok", Style::good}});
  if (s.conformance.rows.size() == ConformanceTable::kMaximumRows) page.line("  further rows are counted, not shown");
}

void thresholds(Page& page, const Summary& s) {
  if (s.thresholds.empty()) return;
  page.heading("Thresholds");
  TextTable table("lll");
  table.may_wrap(1, 24).may_wrap(2, 16);
  for (const ThresholdResult& t : s.thresholds) {
    std::string value = judgement_text(t.threshold, t.verdict);
    if (t.at) value += fmt::format(", {} after the start", format_duration(*t.at));
    const std::string_view state = t.verdict.state == ThresholdState::pass   ? "pass"
                                   : t.verdict.state == ThresholdState::fail ? "FAIL"
                                   : t.threshold.allow_no_data               ? "no data, allowed"
                                                                             : "NO DATA";
    table.row({std::string(state), printable(t.threshold.expression), value});
  }
  page.table(table, {{"pass", Style::good}, {"FAIL", Style::bad}, {"NO DATA", Style::warning}});
}

void script_errors(Page& page, const Summary& s) {
  if (s.script_errors.count == 0) return;
  page.heading(fmt::format("Scenario errors: {}; the first one:", s.script_errors.count));
  if (!s.script_errors.first) return;
  std::string_view rest = s.script_errors.first->text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    page.line("  " + printable(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::string summary_text(const Summary& summary, bool color, TextWidth width) {
  Page page(color, width);
  headline(page, summary);
  facts(page, summary);
  annotations(page, summary);
  steps(page, summary);
  phases(page, summary);
  errors(page, summary);
  journeys(page, summary);
  people(page, summary);
  networks(page, summary);
  mail(page, summary);
  conformance(page, summary);
  thresholds(page, summary);
  script_errors(page, summary);
  return std::move(page).finish();
}

}  // namespace gelombang
