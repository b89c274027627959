#include "base/json_writer.hpp"
#include "base/units.hpp"
#include "metrics/error_class.hpp"
#include "metrics/people.hpp"
#include "reports/markdown.hpp"
#include "reports/people_parts.hpp"
#include "reports/report_text.hpp"
#include "reports/summary_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

namespace json = boost::json;

std::string headline(const ReportDocument& document, const json::object& summary) {
  if (document.state == ReportDocument::State::cut_off)
    return "CUT OFF: the recording has no end, so there is no verdict";
  if (document.state == ReportDocument::State::under_way) return "UNDER WAY: there is no verdict yet";
  std::string verdict = text_in(summary, "verdict");
  std::replace(verdict.begin(), verdict.end(), '_', ' ');
  std::transform(verdict.begin(), verdict.end(), verdict.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const json::value* shortfall = summary.if_contains("shortfall");
  if (shortfall != nullptr && shortfall->is_object()) verdict += ": " + text_in(shortfall->get_object(), "text");
  return verdict;
}

std::string head(const ReportDocument& document, const json::object& summary) {
  const json::object& run = object_in(summary, "run");
  std::string out = fmt::format("## {}\n\n", markdown_plain(headline(document, summary)));
  out += fmt::format(
      "{}, load {}, against {}; {} for {}, run {}\n\n", markdown_plain(text_in(run, "scenario")),
      markdown_plain(text_in(run, "load")), markdown_code(text_in(run, "target")), text_in(run, "started_at"),
      format_duration(from_seconds(number_in(run, "took_seconds").value_or(0))), markdown_code(text_in(run, "id")));
  const json::object& validity = object_in(summary, "validity");
  out += fmt::format("- validity: {}\n", markdown_plain(text_in(validity, "state")));
  if (const json::value* reasons = validity.if_contains("reasons"); reasons != nullptr && reasons->is_array()) {
    for (const json::value& reason : reasons->get_array()) {
      if (reason.is_string()) out += fmt::format("  - {}\n", markdown_plain(reason.get_string().c_str()));
    }
  }
  if (document.state == ReportDocument::State::finished) {
    for (const json::value& reason : list_in(summary, "exit_reasons")) {
      out += fmt::format("- {}\n", markdown_plain(text_in(reason.get_object(), "text")));
    }
  }
  const json::object& arrivals = object_in(summary, "arrivals");
  out += fmt::format("- arrivals: {} of {} planned started, {} completed, {} failed; served {}\n",
                     count_in(arrivals, "started"), count_in(arrivals, "planned"), count_in(arrivals, "completed"),
                     count_in(arrivals, "failed"), share_text(number_in(arrivals, "served_rate")));
  return out;
}

std::string thresholds(const json::object& summary) {
  const json::array& list = list_in(summary, "thresholds");
  if (list.empty()) return {};
  MarkdownTable table("llr", {"", "threshold", "measured"});
  for (const json::value& element : list) {
    const json::object& t = element.get_object();
    const std::string state = text_in(t, "state");
    const std::string mark = state == "pass" ? "\xe2\x9c\x93" : state == "fail" ? "\xe2\x9c\x97" : "no data";
    table.row({mark, markdown_code(text_in(t, "expression")), threshold_value_text(t)});
  }
  return "\n### Thresholds\n\n" + table.text();
}

std::string steps(const json::object& summary) {
  const json::array& list = list_in(summary, "steps");
  if (list.empty()) return {};
  MarkdownTable table("lrrrrrr", {"step", "count", "failed", "response p50", "p95", "p99", "service p95"});
  for (const json::value& element : list) {
    const json::object& s = element.get_object();
    const json::object& response = object_in(s, "response_time_seconds");
    table.row({markdown_plain(text_in(s, "journey") + "/" + text_in(s, "name")),
               fmt::format("{}", count_in(s, "count")), share_text(number_in(s, "error_rate")),
               figure_text(response, "p50"), figure_text(response, "p95"), figure_text(response, "p99"),
               figure_text(object_in(s, "service_time_seconds"), "p95")});
  }
  return "\n### Steps\n\n" + table.text();
}

// Plain words, if this version knows the class.
std::string class_words(std::string_view name) {
  const auto error = error_class_from_name(name);
  return markdown_plain(error ? plain_class(*error) : std::string(name));
}

std::string failures(const json::object& summary) {
  struct Of {
    std::uint64_t count = 0;
    std::string where;
  };
  std::map<std::string, Of> classes;
  for (const json::value& element : list_in(summary, "steps")) {
    const json::object& step = element.get_object();
    const json::object& errors = object_in(step, "errors");
    for (const auto& member : errors) {
      const std::uint64_t count = count_in(errors, member.key());
      Of& of = classes[std::string(member.key())];
      of.count += count;
      of.where += fmt::format("{}{} ({})", of.where.empty() ? "" : ", ",
                              markdown_plain(text_in(step, "journey") + "/" + text_in(step, "name")), count);
    }
  }
  if (classes.empty()) return {};
  std::vector<std::pair<std::string, Of>> rows(classes.begin(), classes.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  MarkdownTable table("lrl", {"failure", "steps", "where"});
  for (const auto& [name, of] : rows) table.row({class_words(name), fmt::format("{}", of.count), of.where});
  return "\n### Failures\n\n" + table.text();
}

// No text can end an indented code block.
std::string indented(std::string_view text) {
  std::string out = "    ";
  for (const char c : printable_text(text)) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return out + '\n';
}

std::string evidence(const ReportDocument& document) {
  const FirstFailureList& list = document.first_failures;
  if (list.shown.empty()) return {};
  std::string out = "\n### The first failure of each kind\n";
  for (const FirstFailure& one : list.shown) {
    const Evidence& e = one.evidence;
    out += fmt::format("\n#### {}: {}\n\n", markdown_plain(one.journey + "/" + one.step),
                       markdown_plain(plain_class(e.sample.error)));
    out += fmt::format("after {}, at {}", format_duration(one.offset), iso_time(one.at));
    if (!e.method.empty()) {
      out += fmt::format("; {}, {}", markdown_code(e.method + " " + e.url),
                         e.sample.status > 0 ? fmt::format("status {}", e.sample.status) : std::string("no answer"));
    }
    const std::string phases = phases_text(e.sample);
    out += fmt::format("{}{}\n", phases.empty() ? "" : ", ", phases);
    if (const auto says = words_beyond_class(e); !says.empty()) out += fmt::format("\n{}\n", markdown_plain(says));
    if (!e.body.empty()) out += '\n' + indented(e.body);
  }
  if (list.further > 0) out += fmt::format("\nand {} further kinds\n", list.further);
  return out;
}

std::string networks(const json::object& summary) {
  const json::array& list = list_in(summary, "networks");
  if (list.empty()) return {};
  MarkdownTable table("lrrrr", {"network", "requests", "failed", "service p50", "p95"});
  for (const json::value& element : list) {
    const json::object& n = element.get_object();
    const json::object& service = object_in(n, "service_time_seconds");
    table.row({markdown_plain(text_in(n, "name")), fmt::format("{}", count_in(n, "requests")),
               share_text(number_in(n, "error_rate")), figure_text(service, "p50"), figure_text(service, "p95")});
  }
  return "\n### Networks of the people\n\n" + table.text();
}

// The parts of one journey, read from a summary of any version.
PeopleParts parts_of(const json::object& people) {
  Summary journey;
  Summary::People& own = journey.people.emplace_back();
  own.arrived = count_in(people, "arrived");
  const json::object& ended = object_in(people, "ended");
  for (std::size_t i = 0; i < kPersonFateCount; ++i) own.ended[i] = count_in(ended, kPersonFateNames[i]);
  return people_parts(journey);
}

std::string people(const json::object& summary) {
  std::string out;
  for (const json::value& element : list_in(summary, "people")) {
    const json::object& p = element.get_object();
    const PeopleParts parts = parts_of(p);
    if (parts.came == 0) continue;
    const auto amplification = number_in(p, "retry_amplification");
    out += fmt::format("- {}: {}", markdown_plain(text_in(p, "journey")), people_parts_text(parts));
    if (amplification) out += fmt::format("; {:.2f} times the requests of a calm crowd", *amplification);
    out += '\n';
  }
  return out.empty() ? out : "\n### People\n\n" + out;
}

std::string mail(const json::object& summary) {
  const json::object& email = object_in(summary, "email");
  if (email.empty()) return {};
  const json::object& delivery = object_in(email, "delivery_seconds");
  std::string out = fmt::format("\n### Mail\n\n{} expected: {} in time, {} late, {} lost, {} pending",
                                count_in(email, "sent"), count_in(email, "in_time"), count_in(email, "late"),
                                count_in(email, "lost"), count_in(email, "pending"));
  if (const auto hidden = count_in(email, "hidden"); hidden > 0) {
    out += fmt::format(", {} not known (the mailbox could not be read)", hidden);
  }
  return out + fmt::format("; delivery p50 {}, p95 {}\n", figure_text(delivery, "p50"), figure_text(delivery, "p95"));
}

std::string rules(const json::object& summary) {
  const json::array& list = list_in(summary, "conformance");
  if (list.empty()) return {};
  MarkdownTable table("llll", {"", "rule", "expected", "got"});
  for (const json::value& element : list) {
    const json::object& row = element.get_object();
    table.row({flag_in(row, "holds") ? "\xe2\x9c\x93" : "\xe2\x9c\x97", markdown_plain(text_in(row, "rule")),
               markdown_plain(text_in(row, "expected")), markdown_plain(text_in(row, "got"))});
  }
  return "\n### Rules\n\n" + table.text();
}

std::string annotations(const ReportDocument& document) {
  std::string out;
  for (const Annotation& a : document.annotations) {
    out +=
        fmt::format("- after {}: {} ({})\n", format_duration(a.offset), markdown_plain(a.text), markdown_plain(a.kind));
  }
  return out.empty() ? out : "\n### What happened\n\n" + out;
}

std::string again(const ReportDocument& document) {
  if (document.command.empty()) return fmt::format("\nseed {}\n", document.seed);
  return "\n### Again\n\n" + indented(printable(document.command));
}

}  // namespace

Result<std::string> report_markdown(const ReportDocument& document) {
  const auto parsed = parse_summary(document.summary);
  if (!parsed) return parsed.error();
  const json::object& summary = *parsed;
  std::string out = head(document, summary);
  for (const auto& part : {thresholds, steps, failures}) out += part(summary);
  out += evidence(document);
  for (const auto& part : {networks, people, mail, rules}) out += part(summary);
  out += annotations(document) + again(document);
  return {Result<std::string>::in_place_value, std::move(out)};
}

}  // namespace gelombang
