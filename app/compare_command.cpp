#include "app/compare_command.hpp"

#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/output_document.hpp"
#include "base/say.hpp"
#include "base/terminal.hpp"
#include "compare/comparison.hpp"
#include "compare/comparison_output.hpp"
#include "compare/gate.hpp"
#include "metrics/history/file.hpp"
#include "metrics/history/reader.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>
#include <utility>

namespace gelombang {
namespace {

Result<std::unique_ptr<HistoryReader>> open_history_of(const CompareOptions& options) {
  if (!options.file.empty()) return HistoryReader::open(options.file);
  const auto usual = default_history_path();
  if (!usual) return usual.error();
  return HistoryReader::open(*usual);
}

Result<double> share_of(std::string_view option, const std::string& text, double least, double most) {
  double percent = 0;
  const char* last = text.data() + text.size() - (text.empty() ? 0 : 1);
  const auto [end, error] = std::from_chars(text.data(), last, percent, std::chars_format::fixed);
  if (text.empty() || text.back() != '%' || error != std::errc() || end != last ||
      !(percent >= least && percent <= most)) {
    return Error{fmt::format("{} {}: expected a percentage from {}% to {}%", option, text, least, most)};
  }
  return percent / 100;
}

Result<CompareSettings> settings_of(const CompareOptions& options) {
  CompareSettings settings;
  settings.anyway = options.anyway;
  const auto confidence = share_of("--confidence", options.confidence, 80, 99.99);
  if (!confidence) return confidence.error();
  settings.confidence = *confidence;
  const auto minimum = share_of("--min-effect", options.minimum, 0.1, 1000);
  if (!minimum) return minimum.error();
  settings.minimum.relative = *minimum;
  for (const std::string& text : options.conditions) {
    auto condition = parse_change_condition(text);
    if (!condition) return condition.error();
    settings.conditions.push_back(std::move(*condition));
  }
  return settings;
}

std::string formatted(const RunComparison& comparison, const CompareOptions& options, int code) {
  if (options.format == "json") return comparison_json(comparison, code);
  if (options.format == "md") return comparison_markdown(comparison);
  const bool terminal = options.out.empty() || options.out == "-";
  const Terminal out(STDOUT_FILENO, options.color && terminal);
  return comparison_text(comparison, out, terminal ? out.text_width() : std::nullopt);
}

int run_compare(const CompareOptions& options) {
  OutputDocument out(options.out);
  const auto settings = settings_of(options);
  if (!settings) return refuse(ExitCause::configuration, settings.error().message);
  const auto history = open_history_of(options);
  if (!history) return refuse(ExitCause::configuration, history.error().message);
  if (const auto refused = refuse_output("--out", out, (*history)->path())) return *refused;
  const auto compared = compare_runs(**history, options.before, options.after, *settings);
  if (!compared) return refuse(compared.error().cause, compared.error().text);
  const auto [verdict, reason] = judge_gate(*compared, options.fail_unclear);
  const int code = with_output(verdict, "--out", out, formatted(*compared, options, verdict));
  if (!reason.text.empty()) say("gelombang: {}\n", reason.text);
  return code;
}

}  // namespace

void add_compare_command(CLI::App& parent, CompareOptions& options, std::function<int()>& command) {
  CLI::App* sub =
      parent.add_subcommand("compare", "Says whether the second of two runs was slower, and how sure that is");
  sub->footer(
      "A condition is [journey/]step or all, a colon, a figure as in thresholds, and a limit: +10% or +50ms of a\n"
      "duration, percentage points such as error_rate +0.5% or served_rate -1%. It fails (exit 99) where the change\n"
      "is surely one for the worse and has reached the limit.\n\n"
      "Examples:\n  gelombang compare 20260301-0500 last\n"
      "  gelombang compare 20260301-0500 last --fail-if 'log in: response_time p95 +10%' --format md");
  sub->add_option("BEFORE", options.before, "Id of the earlier run, the beginning of its id, or last")
      ->required()
      ->type_name("");
  sub->add_option("AFTER", options.after, "Likewise")->required()->type_name("");
  sub->add_option("--fail-if", options.conditions, "Exits 99 where this change is found; repeatable")
      ->type_name("CONDITION")
      ->expected(1)
      ->take_all();
  sub->add_flag("--fail-unclear", options.fail_unclear, "Exits 99 also where a condition cannot be decided");
  sub->add_flag("--anyway", options.anyway, "Compares invalid or unlike runs, too, and says so");
  sub->add_option("--confidence", options.confidence,
                  "Confidence that no verdict is due to chance, all of them taken together")
      ->capture_default_str();
  sub->add_option("--min-effect", options.minimum, "The smallest change of a duration worth naming")
      ->capture_default_str();
  sub->add_option("--format", options.format, "text, json or md")
      ->check(CLI::IsMember({"text", "json", "md"}))
      ->capture_default_str();
  sub->add_option("--out", options.out, "The file to write (default: stdout)");
  sub->add_option("--history", options.file,
                  "The history's file (default: history.sqlite in the user's state directory)");
  sub->callback([&] { command = [&] { return run_compare(options); }; });
}

}  // namespace gelombang
