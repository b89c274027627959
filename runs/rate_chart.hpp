// The planned rate of an open load, drawn in characters.
#pragma once

#include "base/text_table.hpp"
#include "engine/load/intensity.hpp"

#include <string>

namespace gelombang {

struct ChartStyle {
  int width = 80;        // columns in all
  int height = 8;        // rows of the curve
  bool unicode = false;  // else ASCII
  TextWidth tables{};    // beside a chart; nothing where stdout is no terminal
};

// The style for stdout: the terminal's width, and Unicode if the locale has it.
ChartStyle chart_style();

// Several lines, each with a line feed: a curve of mean rates above a time axis. Each column is an equal part of the
// time. The highest column is the top of the scale.
std::string rate_chart(const Intensity& intensity, const ChartStyle& style);

}  // namespace gelombang
