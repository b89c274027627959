#include "app/report_command.hpp"

#include "app/exit.hpp"
#include "base/output_document.hpp"
#include "metrics/history/file.hpp"
#include "metrics/history/reader.hpp"
#include "reports/report_page.hpp"
#include "reports/report_text.hpp"
#include "reports/stored_run.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <utility>

namespace gelombang {
namespace {

Result<std::unique_ptr<HistoryReader>> open_history_of(const ReportOptions& options) {
  if (!options.file.empty()) return HistoryReader::open(options.file);
  const auto usual = default_history_path();
  if (!usual) return usual.error();
  return HistoryReader::open(*usual);
}

Result<std::string> formatted(const ReportDocument& document, const std::string& format) {
  if (format == "md") return report_markdown(document);
  if (format == "junit") return report_junit(document);
  std::string json = report_json(document);
  if (format == "html") return page_with(json);
  return {Result<std::string>::in_place_value, std::move(json)};
}

Result<std::string> make_report(HistoryReader& history, const ReportOptions& options) {
  const auto id = history.find(options.run);
  if (!id) return id.error();
  const auto document = stored_report(history, *id);
  if (!document) return document.error();
  return formatted(*document, options.format);
}

int run_report(const ReportOptions& options) {
  OutputDocument out(options.out);
  // Checked before a long history is read.
  if (options.format == "html") {
    if (const auto page = page_available(); !page) {
      return refuse(ExitCause::configuration, page.error().message);
    }
  }
  const auto history = open_history_of(options);
  if (!history) return refuse(ExitCause::configuration, history.error().message);
  if (const auto refused = refuse_output("--out", out, (*history)->path())) return *refused;
  const auto report = make_report(**history, options);
  if (!report) return refuse(ExitCause::configuration, report.error().message);
  return with_output(0, "--out", out, *report);
}

}  // namespace

void add_report_command(CLI::App& parent, ReportOptions& options, std::function<int()>& command) {
  CLI::App* sub =
      parent.add_subcommand("report", "Shows a run of the history: a page with charts, or text for other programs");
  sub->footer(
      "The page is one file that needs no network. json is what the page is made of; junit has the thresholds and the\n"
      "conformance rows as test cases.\n\n"
      "Examples:\n  gelombang report last --out report.html\n  gelombang report 20260301-0500 --format md");
  sub->add_option("RUN", options.run, "Id of a run, the beginning of its id, or last")->required()->type_name("");
  sub->add_option("--format", options.format, "html, md, json or junit")
      ->check(CLI::IsMember({"html", "md", "json", "junit"}))
      ->capture_default_str();
  sub->add_option("--out", options.out, "The file to write (default: stdout)");
  sub->add_option("--history", options.file,
                  "The history's file (default: history.sqlite in the user's state directory)");
  sub->callback([&] { command = [&] { return run_report(options); }; });
}

}  // namespace gelombang
