#include "reports/report_document.hpp"

#include "base/json_writer.hpp"
#include "metrics/error_class.hpp"

#include <fmt/format.h>

#include <array>

namespace gelombang {
namespace {

std::string annotations_json(const std::vector<Annotation>& annotations) {
  std::string out = "[";
  for (const Annotation& a : annotations) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"at":{},"offset_seconds":{:.3f},"kind":{},"text":{}}})", json_string(iso_time(a.at)),
                       to_seconds(a.offset), json_string(a.kind), json_string(a.text));
  }
  return out + "]";
}

// In seconds; null for a phase that was not reached.
std::string phases_json(const RequestSample& sample) {
  std::string out = "{";
  for (std::size_t i = 0; i < kPhaseCount; ++i) {
    const bool reached = sample.phases[i] != RequestSample::kNotReached;
    out += fmt::format("{}{}:{}", i > 0 ? "," : "", json_string(kPhaseNames[i]),
                       reached ? fmt::format("{:.6g}", to_seconds(sample.phases[i])) : "null");
  }
  return out + "}";
}

std::string first_failures_json(const FirstFailureList& failures) {
  std::string out = "{\"shown\":[";
  for (const FirstFailure& one : failures.shown) {
    const Evidence& e = one.evidence;
    if (out.back() == '}') out += ',';
    out += fmt::format(
        R"({{"journey":{},"step":{},"class":{},"at":{},"offset_seconds":{:.3f},"tries":{},"method":{},"url":{},)"
        R"("status":{},"service_seconds":{:.6g},"phases_seconds":{},"says":{},"body":{}}})",
        json_string(one.journey), json_string(one.step), json_string(name(e.sample.error)),
        json_string(iso_time(one.at)), to_seconds(one.offset), e.tries, json_string(e.method), json_string(e.url),
        e.sample.status, to_seconds(e.sample.service_time), phases_json(e.sample),
        json_string(printable(words_beyond_class(e))), json_string(printable_text(e.body)));
  }
  return out + fmt::format("],\"further\":{}}}", failures.further);
}

// The meaning of each error class in plain words, and the side that causes it.
std::string classes_json() {
  std::string out = "{";
  for (std::size_t i = 1; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    out += fmt::format(R"({}{}:{{"side":"{}","text":{}}})", i > 1 ? "," : "", json_string(name(error)),
                       name(info(error).side), json_string(info(error).text));
  }
  return out + "}";
}

std::string recent_json(const std::optional<RecentFigures>& recent) {
  if (!recent) return "null";
  const auto& p95 = recent->response_time_p95;
  return fmt::format(R"({{"seconds":{},"error_rate":{},"response_time_p95_seconds":{},"p95_lower_bound":{}}})",
                     to_seconds(Aggregator::kRecent),
                     recent->error_rate ? fmt::format("{:.6g}", *recent->error_rate) : "null",
                     p95 ? fmt::format("{:.6g}", to_seconds(p95->value)) : "null", p95 && p95->lower_bound);
}

}  // namespace

std::string report_json(const ReportDocument& document) {
  constexpr std::array<std::string_view, 4> kStates{"running", "finished", "under_way", "cut_off"};
  std::string out =
      fmt::format(R"({{"schema":"gelombang.report/1","state":"{}")", kStates[static_cast<std::size_t>(document.state)]);
  // As text: programs that read numbers as doubles would change it.
  out += fmt::format(R"(,"seed":"{}")", document.seed);
  out += ",\"command\":" + (document.command.empty() ? std::string("null") : json_string(document.command));
  out += ",\"annotations\":" + annotations_json(document.annotations);
  out += ",\"first_failures\":" + first_failures_json(document.first_failures);
  out += ",\"classes\":" + classes_json();
  out += ",\"plan\":" + (document.plan.empty() ? std::string("null") : document.plan);
  out += ",\"summary\":" + document.summary;
  out += ",\"recent\":" + recent_json(document.recent);
  out += ",\"series\":" + document.series;
  return out + "}\n";
}

}  // namespace gelombang
