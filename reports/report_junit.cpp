#include "base/json_writer.hpp"
#include "reports/report_text.hpp"
#include "reports/summary_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

namespace json = boost::json;

// For XML 1.0, which allows no control characters except tab and line ends.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += byte < 0x20 ? std::string("\xef\xbf\xbd") : std::string(1, c);
    }
  }
  // U+FFFE and U+FFFF are Unicode but not allowed in XML.
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (std::size_t at = out.find(none); at != std::string::npos; at = out.find(none, at)) {
      out.replace(at, none.size(), "\xef\xbf\xbd");
    }
  }
  return out;
}

enum class CaseResult : std::uint8_t { passed, failed, error, skipped };

struct Case {
  std::string name;
  CaseResult outcome = CaseResult::passed;
  std::string message;
};

struct Suite {
  std::string name;
  std::vector<Case> cases;

  [[nodiscard]] std::size_t count(CaseResult outcome) const {
    return static_cast<std::size_t>(
        std::count_if(cases.begin(), cases.end(), [outcome](const Case& c) { return c.outcome == outcome; }));
  }
};

Suite run_suite(const ReportDocument& document, const json::object& summary) {
  Suite suite{"run", {}};
  Case ended{"the run came to a verdict", CaseResult::passed, {}};
  const std::string verdict = text_in(summary, "verdict");
  if (document.state == ReportDocument::State::cut_off) {
    ended = {ended.name, CaseResult::error, "the run was cut off: its recording has no end"};
  } else if (document.state != ReportDocument::State::finished) {
    ended = {ended.name, CaseResult::error, "the run is still under way"};
  } else if (verdict != "pass" && verdict != "fail") {
    ended = {ended.name, CaseResult::error, verdict};
    for (const json::value& reason : list_in(summary, "exit_reasons")) {
      ended.message += "; " + text_in(reason.get_object(), "text");
    }
  }
  suite.cases.push_back(std::move(ended));
  Case valid{"its figures can be believed", CaseResult::passed, {}};
  const json::object& validity = object_in(summary, "validity");
  if (text_in(validity, "state") == "invalid") {
    valid = {valid.name, CaseResult::error, "invalid"};
    if (const json::value* reasons = validity.if_contains("reasons"); reasons != nullptr && reasons->is_array()) {
      for (const json::value& reason : reasons->get_array()) {
        if (reason.is_string()) valid.message += std::string("; ") + reason.get_string().c_str();
      }
    }
  }
  suite.cases.push_back(std::move(valid));
  return suite;
}

Suite threshold_suite(const json::object& summary) {
  Suite suite{"thresholds", {}};
  for (const json::value& element : list_in(summary, "thresholds")) {
    const json::object& t = element.get_object();
    const std::string state = text_in(t, "state");
    Case result{text_in(t, "expression"), CaseResult::passed, {}};
    if (state == "no_data") {
      result.outcome = flag_in(t, "allow_no_data") ? CaseResult::skipped : CaseResult::error;
      result.message = fmt::format("no data: {} samples", count_in(t, "samples"));
    } else if (state != "pass") {
      result.outcome = CaseResult::failed;
      result.message = fmt::format("measured {} in {} samples", threshold_value_text(t), count_in(t, "samples"));
    }
    suite.cases.push_back(std::move(result));
  }
  return suite;
}

Suite rule_suite(const json::object& summary) {
  Suite suite{"rules", {}};
  for (const json::value& element : list_in(summary, "conformance")) {
    const json::object& row = element.get_object();
    Case result{text_in(row, "rule"), CaseResult::passed, {}};
    if (!flag_in(row, "holds")) {
      result.outcome = CaseResult::failed;
      result.message = fmt::format("expected {}, got {}", text_in(row, "expected"), text_in(row, "got"));
    }
    suite.cases.push_back(std::move(result));
  }
  return suite;
}

void write(std::string& out, const Case& test, const std::string& classname) {
  const std::string open =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", escaped(classname), escaped(test.name));
  const std::string message = escaped(test.message);
  switch (test.outcome) {
    case CaseResult::passed: out += open + "/>\n"; return;
    case CaseResult::failed:
      out += fmt::format("{}><failure type=\"failed\" message=\"{}\"/></testcase>\n", open, message);
      return;
    case CaseResult::error:
      out += fmt::format("{}><error type=\"no verdict\" message=\"{}\"/></testcase>\n", open, message);
      return;
    case CaseResult::skipped: out += fmt::format("{}><skipped message=\"{}\"/></testcase>\n", open, message); return;
  }
}

}  // namespace

Result<std::string> report_junit(const ReportDocument& document) {
  const auto parsed = parse_summary(document.summary);
  if (!parsed) return parsed.error();
  const json::object& summary = *parsed;
  const json::object& run = object_in(summary, "run");
  std::vector<Suite> suites{run_suite(document, summary), threshold_suite(summary), rule_suite(summary)};
  suites.erase(std::remove_if(suites.begin(), suites.end(), [](const Suite& s) { return s.cases.empty(); }),
               suites.end());
  const auto sum = [&](auto count) {
    std::size_t total = 0;
    for (const Suite& suite : suites) total += count(suite);
    return total;
  };
  const std::string time = fmt::format("{:.3f}", number_in(run, "took_seconds").value_or(0));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"gelombang\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
                     sum([](const Suite& s) { return s.cases.size(); }),
                     sum([](const Suite& s) { return s.count(CaseResult::failed); }),
                     sum([](const Suite& s) { return s.count(CaseResult::error); }), time);
  // UTC, without fraction and zone, as the schema requires.
  const std::string timestamp = text_in(run, "started_at").substr(0, 19);
  for (const Suite& suite : suites) {
    out += fmt::format(R"(  <testsuite name="{}" tests="{}" failures="{}" errors="{}" skipped="{}" time="{}"{}>)",
                       suite.name, suite.cases.size(), suite.count(CaseResult::failed), suite.count(CaseResult::error),
                       suite.count(CaseResult::skipped), time,
                       timestamp.empty() ? std::string() : fmt::format(R"( timestamp="{}")", escaped(timestamp)));
    out += '\n';
    const std::string classname = text_in(run, "scenario") + "." + text_in(run, "load") + "." + suite.name;
    for (const Case& test : suite.cases) write(out, test, classname);
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  return {Result<std::string>::in_place_value, std::move(out)};
}

}  // namespace gelombang
