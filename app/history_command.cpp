#include "app/history_command.hpp"

#include "app/exit.hpp"
#include "base/json_writer.hpp"
#include "base/local_time.hpp"
#include "base/output_document.hpp"
#include "base/terminal.hpp"
#include "base/text_table.hpp"
#include "base/units.hpp"
#include "metrics/history/file.hpp"
#include "metrics/history/prune.hpp"
#include "metrics/history/reader.hpp"
#include "reports/first_failures.hpp"
#include "reports/history_export.hpp"
#include "reports/summary.hpp"
#include "reports/threshold_text.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

Result<std::unique_ptr<HistoryReader>> open_reader(const HistoryOptions& options) {
  if (!options.file.empty()) return HistoryReader::open(options.file);
  const auto usual = default_history_path();
  if (!usual) return usual.error();
  return HistoryReader::open(*usual);
}

// What a table has on stdout beside an indentation.
TextWidth width_beside(std::size_t indentation) {
  const TextWidth width = Terminal(STDOUT_FILENO, false).text_width();
  if (!width) return width;
  return *width - std::min(*width, indentation);
}

std::string state_text(const RunHead& run) {
  switch (run.state) {
    case RunState::finished: return run.verdict;
    case RunState::under_way: return "under way";
    case RunState::cut_off: return "cut off";
  }
  return {};
}

Result<std::string> list_text(HistoryReader& reader) {
  const auto runs = reader.runs();
  if (!runs) return runs.error();
  if (runs->empty()) return Error{reader.path() + " holds no run"};
  TextTable table("lllrllll");
  table.row({"run", "started", "verdict", "lasted", "validity", "scenario", "load", "target"});
  table.may_shorten(5, 10).may_shorten(6, 8).may_leave_out({7, 4, 6, 3});
  for (const RunHead& run : *runs) {
    table.row({printable(run.id), time_text(run.started_at), printable(state_text(run)), format_duration(run.recorded),
               run.validity.empty() ? "-" : printable(run.validity), printable(run.scenario), printable(run.load),
               printable(run.target)});
  }
  std::string text;
  for (const std::string& line : table.lines(width_beside(0))) text += line + "\n";
  return {boost::system::in_place_value, std::move(text)};
}

std::string steps_text(const Snapshot& totals) {
  TextTable table("lrrrrrr");
  table.row({"step", "count", "failed", "p50", "p95", "p99", "max"});
  table.may_shorten(0, 16).may_leave_out({5});
  for (std::size_t i = 0; i < totals.steps.size(); ++i) {
    const StepSnapshot& step = totals.steps[i];
    const DurationFigures times = figures_of(step.response_time);
    table.row({printable(totals.layout()->full_name(static_cast<StepId>(i))), fmt::format("{}", step.steps.finished()),
               fmt::format("{}", step.steps.failed()), estimate_text(times.p50), estimate_text(times.p95),
               estimate_text(times.p99), estimate_text(times.max)});
  }
  std::string text = "\nResponse times\n";
  for (const std::string& line : table.lines(width_beside(2))) text += "  " + line + "\n";
  return text;
}

std::string errors_text(const Snapshot& totals) {
  TextTable table("lrrl");
  table.row({"error", "steps", "requests", ""});
  table.may_wrap(3, 24);
  bool any = false;
  for (std::size_t e = 0; e < kErrorClassCount; ++e) {
    std::uint64_t steps = 0;
    std::uint64_t requests = 0;
    for (const StepSnapshot& step : totals.steps) {
      steps += step.steps.by_error[e];
      requests += step.requests.by_error[e];
    }
    if (steps + requests == 0) continue;
    any = true;
    const ErrorClassInfo& row = info(static_cast<ErrorClass>(e));
    table.row({std::string(row.name), fmt::format("{}", steps), fmt::format("{}", requests), std::string(row.text)});
  }
  if (!any) return "";
  std::string text = "\nErrors\n";
  for (const std::string& line : table.lines(width_beside(2))) text += "  " + line + "\n";
  return text;
}

Result<RunRecord> find_run(HistoryReader& reader, const std::string& wanted) {
  const auto id = reader.find(wanted);
  if (!id) return id.error();
  return reader.run(*id);
}

// The totals of each value of each dimension over the whole run.
Result<std::string> dimensions_text(HistoryReader& reader, const RunRecord& run) {
  std::map<std::pair<std::string, std::string>, DimensionCell> totals;
  const auto read = reader.dimensions(run, [&](const DimensionSlice& slice) {
    const std::pair key(std::string(slice.dimension), std::string(slice.value));
    totals.try_emplace(key, run.layout->boundaries).first->second.merge(slice.cell);
  });
  if (!read) return read.error();
  std::string text;
  if (totals.empty()) return {boost::system::in_place_value, std::move(text)};
  TextTable table("llrrrrr");
  table.row({"dimension", "value", "count", "failed", "p50", "p95", "p99"});
  table.may_shorten(1, 12).may_leave_out({6});
  for (const auto& [key, cell] : totals) {
    const DurationFigures times = figures_of(cell.time);
    table.row({key.first, printable(key.second), fmt::format("{}", cell.count), fmt::format("{}", cell.failures),
               estimate_text(times.p50), estimate_text(times.p95), estimate_text(times.p99)});
  }
  text = "\nDimensions, each by itself (service time of requests, delivery time of mail)\n";
  for (const std::string& line : table.lines(width_beside(2))) text += "  " + line + "\n";
  return {boost::system::in_place_value, std::move(text)};
}

std::string failure_text(const FirstFailure& one) {
  const Evidence& e = one.evidence;
  std::string text = fmt::format("  {} after the start, {}: {}\n", format_duration(one.offset),
                                 printable(one.journey + "/" + one.step), plain_class(e.sample.error));
  if (!e.method.empty()) {
    const std::string status = e.sample.status > 0 ? fmt::format("status {}", e.sample.status) : "no answer";
    text += fmt::format("    {} {}: {} {}\n", printable(e.method), printable(e.url), status, phases_text(e.sample));
  }
  if (!e.detail.empty()) text += "    " + printable(e.detail) + "\n";
  const std::string body = printable_text(e.body);
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    text += "    | " + body.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text;
}

Result<std::string> evidence_text(HistoryReader& reader, const RunRecord& run) {
  constexpr std::size_t kMost = 100;
  const auto failures = read_first_failures(reader, run, kMost);
  if (!failures) return failures.error();
  std::string text = failures->shown.empty() ? "" : "\nThe first failure of each kind\n";
  for (const FirstFailure& one : failures->shown) text += failure_text(one);
  if (failures->further > 0) text += fmt::format("  and {} further kinds\n", failures->further);
  return {boost::system::in_place_value, std::move(text)};
}

Result<std::string> show_text(HistoryReader& reader, const std::string& wanted) {
  const auto found = find_run(reader, wanted);
  if (!found) return found.error();
  const RunRecord& run = *found;
  const auto totals = reader.totals(run);
  if (!totals) return totals.error();
  std::string text;
  const auto fact = [&text](std::string_view label, std::string_view value) {
    for (const std::string& part : wrapped(value, width_beside(17))) {
      text += fmt::format("  {:<14} {}\n", label, part);
      label = {};
    }
  };
  const std::string head = fmt::format("{}  {}, load {}, against {}", run.id, printable(run.scenario),
                                       printable(run.load), printable(run.target));
  for (const std::string& part : wrapped(head, width_beside(0))) text += part + "\n";
  switch (run.state) {
    case RunState::finished: fact("verdict", fmt::format("{}, exit {}", run.verdict, run.exit_code.value_or(0))); break;
    case RunState::under_way: fact("under way", "its figures so far"); break;
    case RunState::cut_off: fact("cut off", "it ended without a summary; these are the figures up to then"); break;
  }
  if (!run.validity.empty()) fact("validity", run.validity);
  fact("started", time_text(run.started_at));
  fact("lasted", format_duration(run.recorded));
  fact("seed", fmt::format("{}, version {}", run.seed, printable(run.version)));
  fact("scenario", printable(run.scenario_path));
  for (const Annotation& annotation : run.annotations) {
    fact(printable(annotation.kind),
         fmt::format("{} after the start: {}", format_duration(annotation.offset), printable(annotation.text)));
  }
  text += steps_text(*totals);
  text += errors_text(*totals);
  for (const auto part : {dimensions_text, evidence_text}) {
    const auto more = part(reader, run);
    if (!more) return more.error();
    text += *more;
  }
  return {boost::system::in_place_value, std::move(text)};
}

int finish(const Result<std::string>& text) {
  if (!text) return refuse(ExitCause::configuration, text.error().message);
  print(*text);
  return 0;
}

Result<void> export_run(HistoryReader& reader, const HistoryOptions& options, OutputDocument& out) {
  const auto every = parse_duration(options.every);
  if (!every) return Error{"--every: " + every.error().message};
  if (*every == Duration::zero()) return Error{"--every is 0: expected more, such as 15s"};
  const auto run = find_run(reader, options.run);
  if (!run) return run.error();
  const auto write = [&out](std::string_view text) { out.write(text); };
  return options.format == "csv" ? export_csv(reader, *run, write) : export_openmetrics(reader, *run, *every, write);
}

int run_export(const HistoryOptions& options) {
  OutputDocument out(options.out);
  const auto reader = open_reader(options);
  if (!reader) return refuse(ExitCause::configuration, reader.error().message);
  if (const auto refused = refuse_output("--out", out, (*reader)->path())) return *refused;
  if (const auto exported = export_run(**reader, options, out); !exported) {
    return refuse(ExitCause::configuration, exported.error().message);
  }
  return with_output(0, "--out", out, "");
}

Result<std::string> prune(const HistoryOptions& options) {
  const auto keep = parse_duration(options.keep);
  if (!keep) return Error{"--keep: " + keep.error().message};
  std::string path = options.file;
  if (path.empty()) {
    const auto usual = default_history_path();
    if (!usual) return usual.error();
    path = *usual;
  }
  const WallTime now = SystemClock().wall_now();
  const auto pruned = prune_history(path, now - *keep, now);
  if (!pruned) return pruned.error();
  std::string text;
  for (const std::string& id : pruned->runs) text += "removed " + printable(id) + "\n";
  text += fmt::format("{} runs removed, {} left; the file is {} smaller\n", pruned->runs.size(), pruned->kept,
                      format_size(pruned->bytes));
  return {boost::system::in_place_value, std::move(text)};
}

template <class Work>
int with_reader(const HistoryOptions& options, Work work) {
  const auto reader = open_reader(options);
  if (!reader) return refuse(ExitCause::configuration, reader.error().message);
  return finish(work(**reader));
}

void add_export_command(CLI::App& history, HistoryOptions& options, std::function<int()>& command) {
  CLI::App* sub = history.add_subcommand("export", "Writes one run as CSV, or as OpenMetrics for promtool");
  sub->footer(
      "Examples:\n  gelombang history export last --out run.csv\n"
      "  gelombang history export last --format openmetrics --out run.om\n"
      "  promtool tsdb create-blocks-from openmetrics run.om DIRECTORY");
  sub->add_option("run", options.run, "Id of a run, the beginning of its id, or last")->required();
  sub->add_option("--format", options.format, "csv or openmetrics")
      ->check(CLI::IsMember({"csv", "openmetrics"}))
      ->capture_default_str();
  sub->add_option("--every", options.every, "openmetrics: the time between samples")->capture_default_str();
  sub->add_option("--out", options.out, "The file (default: stdout)");
  sub->callback([&] { command = [&] { return run_export(options); }; });
}

void add_prune_command(CLI::App& history, HistoryOptions& options, std::function<int()>& command) {
  CLI::App* sub = history.add_subcommand("prune", "Removes old runs and frees their space on the disk");
  sub->footer("Example:\n  gelombang history prune --keep 90d");
  sub->add_option("--keep", options.keep, "Removes the runs that started longer ago than this, such as 90d")
      ->required();
  sub->callback([&] { command = [&] { return finish(prune(options)); }; });
}

}  // namespace

void add_history_command(CLI::App& parent, HistoryOptions& options, std::function<int()>& command) {
  CLI::App* history = parent.add_subcommand("history", "Lists, shows, exports and removes the recorded runs");
  history->footer("Examples:\n  gelombang history list\n  gelombang history show last");
  history->require_subcommand(1);
  history->add_option("--history", options.file,
                      "The history file (default: history.sqlite in the user's state directory)");
  CLI::App* list = history->add_subcommand("list", "The recorded runs, the oldest first");
  list->footer("Example:\n  gelombang history list");
  list->callback(
      [&] { command = [&] { return with_reader(options, [](HistoryReader& reader) { return list_text(reader); }); }; });
  CLI::App* show = history->add_subcommand("show", "One run: what it was, and its figures");
  show->footer("Example:\n  gelombang history show last");
  show->add_option("run", options.run, "Id of a run, the beginning of its id, or last")->required();
  show->callback([&] {
    command = [&] {
      return with_reader(options, [&](HistoryReader& reader) { return show_text(reader, options.run); });
    };
  });
  add_export_command(*history, options, command);
  add_prune_command(*history, options, command);
}

}  // namespace gelombang
