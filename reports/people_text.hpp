// The people's part of the text summary: the funnel, who gave up and why, and the number of attempts.
#pragma once

#include "reports/summary.hpp"

#include <string>
#include <vector>

namespace gelombang {

// Lines without indentation; empty if nobody came.
std::vector<std::string> people_lines(const Summary& summary, TextWidth width = std::nullopt);

}  // namespace gelombang
