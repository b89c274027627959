#include "base/json_writer.hpp"
#include "base/text_table.hpp"
#include "base/units.hpp"
#include "compare/comparison_output.hpp"
#include "compare/comparison_words.hpp"

#include <fmt/format.h>

#include <vector>

namespace gelombang {
namespace {

Color color_of(ChangeVerdict verdict) {
  switch (verdict) {
    case ChangeVerdict::worse: return Color::red;
    case ChangeVerdict::better: return Color::green;
    case ChangeVerdict::unclear: return Color::yellow;
    case ChangeVerdict::alike:
    case ChangeVerdict::too_few: break;
  }
  return Color::plain;
}

Color color_of(ConditionState state) {
  switch (state) {
    case ConditionState::fail: return Color::red;
    case ConditionState::pass: return Color::green;
    case ConditionState::unclear:
    case ConditionState::no_data: break;
  }
  return Color::yellow;
}

std::string run_line(std::string_view label, const RunRecord& run) {
  return fmt::format("  {:<7} {}  {}, load {}, {}, {} of it\n", label, printable(run.id), printable(run.scenario),
                     printable(run.load), run.verdict.empty() ? "no verdict" : printable(run.verdict),
                     format_duration(run.recorded));
}

bool silent(const ComparedFigure& figure) {
  return figure.metric == ThresholdMetric::error_rate && figure.change && figure.change->before == 0 &&
         figure.change->after == 0;
}

std::vector<std::string> cells_of(const ComparedFigure& figure) {
  const std::string verdict(verdict_text(figure.verdict));
  if (!figure.change) return {"  " + figure_name(figure), "-", "-", "-", "-", verdict};
  const Change& change = *figure.change;
  return {"  " + figure_name(figure),
          before_text(figure.metric, change),
          after_text(figure.metric, change),
          change_text(figure.metric, change),
          figure.verdict == ChangeVerdict::too_few ? "-" : interval_text(figure.metric, change),
          verdict};
}

// All groups in one table, so that their columns align.
std::string table_text(const RunComparison& comparison, const Terminal& terminal, TextWidth width) {
  TextTable table("lrrrrl");
  std::vector<const ComparedFigure*> shown;
  table.row({"", "before", "after", "change", "interval", "verdict"});
  table.may_leave_out({3});
  for (const ComparedGroup& group : comparison.groups) {
    for (const ComparedFigure& figure : group.figures) {
      if (silent(figure)) continue;
      table.row(cells_of(figure));
      shown.push_back(&figure);
    }
  }
  const auto lines = table.lines(width);
  std::string text = terminal.paint(Color::bold, lines.front()) + "\n";
  std::size_t at = 0;
  for (const ComparedGroup& group : comparison.groups) {
    text += (group.name.empty() ? "the whole run" : printable(group.name)) + "\n";
    for (const ComparedFigure& figure : group.figures) {
      if (at < shown.size() && shown[at] == &figure)
        text += terminal.paint(color_of(figure.verdict), lines[++at]) + "\n";
    }
    if (group.shift) text += "    " + shift_text(*group.shift) + "\n";
  }
  return text;
}

std::string errors_text(const RunComparison& comparison, TextWidth width) {
  if (comparison.errors.empty()) return "\nNo step failed in either run.\n";
  TextTable table("lrr");
  table.row({"failed steps", "before", "after"});
  table.may_wrap(0, 24);
  for (const ComparedErrors& errors : comparison.errors) {
    table.row({"  " + plain_class(errors.error), fmt::format("{}", errors.before), fmt::format("{}", errors.after)});
  }
  std::string text = "\n";
  for (const std::string& line : table.lines(width)) text += line + "\n";
  return text;
}

}  // namespace

std::string comparison_text(const RunComparison& comparison, const Terminal& terminal, TextWidth width) {
  std::string text = terminal.paint(color_of(comparison.verdict()), headline(comparison)) + "\n";
  text += run_line("before", comparison.before) + run_line("after", comparison.after);
  for (const std::string& unlike : comparison.unlike) {
    text += terminal.paint(Color::red, "  WARNING: " + unlike + "; compared anyway") + "\n";
  }
  for (const std::string& note : comparison.notes) text += "  note: " + note + "\n";
  text += "\n" + table_text(comparison, terminal, width) + errors_text(comparison, width);
  if (!comparison.conditions.empty()) {
    text += "\nConditions\n";
    for (const ConditionResult& result : comparison.conditions) {
      text += "  " + terminal.paint(color_of(result.state), condition_text(result)) + "\n";
    }
  }
  text += fmt::format(
      "\nAll {} intervals hold together with {:.4g} % confidence.\nA change of a duration below {:.3g} % or 0.5 ms is "
      "not named.\n",
      comparison.looks, 100 * comparison.confidence, 100 * comparison.minimum.relative,
      1000 * comparison.minimum.seconds);
  return text;
}

}  // namespace gelombang
