#include "runs/rate_chart.hpp"

#include "base/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace gelombang {
namespace {

constexpr std::array<std::string_view, 9> kEighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 3> kAscii{" ", ".", "#"};
constexpr int kLabel = 10;  // columns for a rate

struct Marks {
  std::string_view corner;
  std::string_view side;
  std::string_view line;
  std::string_view tick;
};
constexpr Marks kUnicodeMarks{"└", "┤", "─", "┴"};
constexpr Marks kAsciiMarks{"+", "|", "-", "+"};

// The mean rate of each column.
std::vector<double> columns_of(const Intensity& intensity, int count) {
  std::vector<double> columns;
  const double width = to_seconds(intensity.length()) / count;
  double before = 0;
  for (int i = 1; i <= count; ++i) {
    const double upto = i == count ? intensity.total() : intensity.integral(from_seconds(i * width));
    columns.push_back(std::max(0.0, upto - before) / width);
    before = upto;
  }
  return columns;
}

// The mark for the part of a column that lies in one row. `filled` is 0 (nothing) to 1. Any value above zero is visible
// in the lowest row.
std::string_view cell(double filled, bool lowest, bool unicode) {
  const int steps = unicode ? 8 : 2;
  int step = static_cast<int>(std::lround(std::clamp(filled, 0.0, 1.0) * steps));
  if (lowest && filled > 0) step = std::max(step, 1);
  return unicode ? kEighths[static_cast<std::size_t>(step)] : kAscii[static_cast<std::size_t>(step)];
}

// "45 s", "12m", "3h 20m", "2d 4h": short, for an axis.
std::string time_label(double seconds) {
  if (seconds < 100) return fmt::format("{:.3g}s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  const auto two = [](long long large, const char* a, long long small, const char* b) {
    return small == 0 ? fmt::format("{}{}", large, a) : fmt::format("{}{}{}{}", large, a, small, b);
  };
  if (whole < 3600) return two(whole / 60, "m", whole % 60, "s");
  const long long minutes = std::llround(seconds / 60);
  if (minutes < 2 * 1440) return two(minutes / 60, "h", minutes % 60, "m");
  const long long hours = std::llround(seconds / 3600);
  return two(hours / 24, "d", hours % 24, "h");
}

void put(std::string& line, std::size_t at, std::string_view text) {
  if (line.size() < at + text.size()) line.resize(at + text.size(), ' ');
  line.replace(at, text.size(), text);
}

std::string axis(const Intensity& intensity, int count, const Marks& marks) {
  const int parts = count >= 40 ? 4 : 2;
  std::string rule(kLabel + 1, ' ');
  rule += marks.corner;
  std::string labels;
  int done = 0;
  for (int part = 1; part <= parts; ++part) {
    const int end = count * part / parts;
    for (; done < end - 1; ++done) rule += marks.line;
    rule += marks.tick;
    ++done;
    const std::string label = time_label(to_seconds(intensity.length()) * part / parts);
    const auto right = static_cast<std::size_t>(kLabel) + 2 + static_cast<std::size_t>(end);
    put(labels, right - std::min(label.size(), right), label);
  }
  put(labels, kLabel + 1, "0");
  return rule + "\n" + labels + "\n";
}

}  // namespace

ChartStyle chart_style() {
  ChartStyle style;
  style.tables = Terminal(STDOUT_FILENO, false).text_width();
  style.width = static_cast<int>(std::min<std::size_t>(style.tables.value_or(80), 1000));
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string locale(value);
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
    style.unicode = locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    break;
  }
  return style;
}

std::string rate_chart(const Intensity& intensity, const ChartStyle& style) {
  const int count = std::clamp(style.width - kLabel - 3, 10, 200);
  const Marks& marks = style.unicode ? kUnicodeMarks : kAsciiMarks;
  const std::vector<double> columns = columns_of(intensity, count);
  const double top = *std::max_element(columns.begin(), columns.end());
  std::string text;
  for (int row = style.height; row >= 1; --row) {
    const bool labelled = row == style.height || row == style.height / 2;
    const double level = top * row / style.height;
    text += fmt::format("{:>{}} {}", labelled ? format_rate(Rate::per_second(level)) : "", kLabel, marks.side);
    std::size_t used = text.size();
    for (const double value : columns) {
      const std::string_view mark = cell(top > 0 ? value / top * style.height - (row - 1) : 0, row == 1, style.unicode);
      text += mark;
      if (mark != " ") used = text.size();
    }
    text.resize(used);
    text += '\n';
  }
  return text + axis(intensity, count, marks);
}

}  // namespace gelombang
