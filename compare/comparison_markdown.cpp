#include "base/units.hpp"
#include "compare/comparison_output.hpp"
#include "compare/comparison_words.hpp"
#include "reports/markdown.hpp"

#include <fmt/format.h>

#include <vector>

namespace gelombang {
namespace {

std::string run_item(std::string_view label, const RunRecord& run) {
  return fmt::format("- {}: {}, {}, load {}, against {}\n", label, markdown_code(run.id), markdown_plain(run.scenario),
                     markdown_plain(run.load), markdown_code(run.target));
}

bool changed(const ComparedFigure& figure) {
  return figure.verdict == ChangeVerdict::worse || figure.verdict == ChangeVerdict::better;
}

void add_row(MarkdownTable& table, const ComparedGroup& group, const ComparedFigure& figure) {
  const std::string name = group.name.empty() ? "the whole run" : markdown_plain(group.name);
  const std::string_view word = verdict_text(figure.verdict);
  const std::string verdict = changed(figure) ? fmt::format("**{}**", word) : std::string(word);
  if (!figure.change) {
    table.row({name, figure_name(figure), "-", "-", "-", "-", verdict});
    return;
  }
  const Change& change = *figure.change;
  table.row({name, figure_name(figure), markdown_plain(before_text(figure.metric, change)),
             markdown_plain(after_text(figure.metric, change)), change_text(figure.metric, change),
             figure.verdict == ChangeVerdict::too_few ? "-" : interval_text(figure.metric, change), verdict});
}

MarkdownTable figures_table() {
  return {"llrrrrl", {"step", "figure", "before", "after", "change", "interval", "verdict"}};
}

std::string conditions(const RunComparison& comparison) {
  if (comparison.conditions.empty()) return {};
  MarkdownTable table("llrr", {"", "condition", "change", "interval"});
  for (const ConditionResult& result : comparison.conditions) {
    const ThresholdMetric metric = result.condition.what.metric;
    std::string mark(kConditionStateNames[static_cast<std::size_t>(result.state)]);
    if (result.state == ConditionState::pass) mark = "\xe2\x9c\x93";
    if (result.state == ConditionState::fail) mark = "\xe2\x9c\x97";
    table.row({mark, markdown_code(result.condition.what.expression),
               result.change ? change_text(metric, *result.change) : "-",
               result.change ? interval_text(metric, *result.change) : "-"});
  }
  return "\n" + table.text();
}

std::string errors(const RunComparison& comparison) {
  if (comparison.errors.empty()) return {};
  MarkdownTable table("lrr", {"failed steps", "before", "after"});
  for (const ComparedErrors& one : comparison.errors) {
    table.row({markdown_plain(plain_class(one.error)), fmt::format("{}", one.before), fmt::format("{}", one.after)});
  }
  return "\n" + table.text();
}

}  // namespace

std::string comparison_markdown(const RunComparison& comparison) {
  std::string text = fmt::format("### {}\n\n", markdown_plain(headline(comparison)));
  text += run_item("before", comparison.before) + run_item("after", comparison.after);
  for (const std::string& unlike : comparison.unlike) {
    text += fmt::format("- **warning**: {}; compared anyway\n", markdown_plain(unlike));
  }
  for (const std::string& note : comparison.notes) text += fmt::format("- note: {}\n", markdown_plain(note));
  text += conditions(comparison);
  MarkdownTable moved = figures_table();
  MarkdownTable all = figures_table();
  std::string causes;
  bool any = false;
  for (const ComparedGroup& group : comparison.groups) {
    for (const ComparedFigure& figure : group.figures) {
      add_row(all, group, figure);
      if (!changed(figure)) continue;
      add_row(moved, group, figure);
      any = true;
    }
    if (group.shift) causes += fmt::format("- {}: {}\n", markdown_plain(group.name), shift_text(*group.shift));
  }
  if (any) text += "\n" + moved.text();
  if (!causes.empty()) text += "\n" + causes;
  text += errors(comparison);
  // A blank line ends the HTML, so that what follows is Markdown again.
  text += "\n<details><summary>All figures</summary>\n\n" + all.text() + "\n</details>\n";
  text += fmt::format("\nAll {} intervals hold together with {:.4g} % confidence.\n", comparison.looks,
                      100 * comparison.confidence);
  return text;
}

}  // namespace gelombang
